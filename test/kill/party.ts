// A relying party with the project's own client: starts sessions, polls, verifies, and remembers what it was told.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Purpose, Suite } from "../../src/account/purpose.ts";
import { ServerUnreachable } from "../../src/authenticator/server-connection.ts";
import {
  type CallFailure,
  type CompletedSession,
  digestOf,
  RelyingPartyClient,
  type Result,
  type StartedNotificationAuthentication,
  type StartedNotificationSignature,
  trustAnchors,
  type TrustAnchors,
  verifyAuthentication,
  verifySignature,
} from "../../src/client/index.ts";
import { ocspStatus } from "../../src/client/ocsp.ts";
import { DEMO_PARTY_UUID } from "../../src/relying-party/demo-party.ts";
import type { Send } from "./phone.ts";
import { hold } from "./violation.ts";

export type Started = StartedNotificationAuthentication | StartedNotificationSignature;

export interface Asked {
  readonly documentNumber: string;
  readonly purpose: Purpose;
  readonly suite: Suite;
  /** What the person sees: no two sessions have the same. */
  readonly text: string;
}

interface Told {
  readonly started: Started;
  readonly answer: string;
}

const POLL_MS = 4_000;
/** Polls. A result that waits in an outbox is told again after two seconds, then after four. */
const PATIENCE = 8;
/** A result can be fetched for five minutes. */
const FETCHABLE_MS = 240_000;
/** A person has three. */
const LATE_MS = 120_000;
const CHECKED_AGAIN = 5;

/** Its time is as good as over, on a machine that is as slow as that: the party starts anew. */
export const isLate = ({ receivedAt }: Started): boolean => Date.now() - receivedAt > LATE_MS;

export class Party {
  readonly #client: RelyingPartyClient;
  readonly #send: Send;
  readonly #anchors: Promise<TrustAnchors>;
  readonly #told: Told[] = [];

  constructor(url: string, folder: string, send: Send) {
    this.#send = send;
    this.#client = new RelyingPartyClient({
      baseUrl: `${url}/v3`,
      relyingPartyUUID: DEMO_PARTY_UUID,
      relyingPartyName: "DEMO",
      fetch: (address, init) => send(nameOf(address), address, init),
    });
    const pem = (name: string): string => readFileSync(join(folder, "pki", `${name}.pem`), "utf8");
    this.#anchors = trustAnchors({ roots: pem("root"), intermediates: pem("eid-q") });
  }

  /** Throws `ServerUnreachable` where no answer came. The same signature again, soon enough, is the same session. */
  async start({ documentNumber, purpose, suite, text }: Asked): Promise<Result<Started, CallFailure>> {
    const algorithm = suite === "rsa" ? "rsassa-pss/SHA-256" : "ed25519/SHA-256";
    const interactions = [{ type: "displayTextAndPIN", displayText60: text }] as const;
    const to = { documentNumber };
    if (purpose === "auth") return reached(await this.#client.startNotificationAuthentication(to, { interactions, algorithm }));
    const digest = await digestOf(new TextEncoder().encode(text), algorithm);
    return reached(await this.#client.startNotificationSignature(to, { interactions, algorithm, digest }));
  }

  /** One poll. Whatever it says of an end, it says for ever. */
  async look(started: Started, timeoutMs = 1000): Promise<CompletedSession | undefined> {
    const answer = reached(await this.#client.status(started, { timeoutMs }));
    hold("a session that a party was told of is there", answer.ok, () => [started, answer]);
    if (!answer.ok || answer.value.state === "RUNNING") {
      const earlier = this.#told.find((told) => told.started.sessionID === started.sessionID);
      hold("an end is not taken back", earlier === undefined, () => [started, earlier]);
      return undefined;
    }
    const text = JSON.stringify(answer.value);
    const earlier = this.#told.find((told) => told.started.sessionID === started.sessionID);
    if (earlier === undefined) this.#told.push({ started, answer: text });
    else hold("a result stays the same", earlier.answer === text, () => [earlier, text]);
    return answer.value;
  }

  /** The end of a session that was answered. */
  async end(started: Started): Promise<CompletedSession> {
    for (let polls = 0; ; polls++) {
      const completed = await this.look(started, POLL_MS);
      if (completed !== undefined) return completed;
      hold("what a phone has answered ends", polls < PATIENCE, () => started);
    }
  }

  /** Throws unless it ended OK in every byte, with a certificate that is good now. */
  async verify(started: Started, answer: CompletedSession): Promise<void> {
    const certificateStatus = ocspStatus({ fetch: (address, init) => this.#send("ocsp", address, init) });
    const options = { anchors: await this.#anchors, certificateStatus };
    const verified =
      started.kind === "authentication"
        ? await verifyAuthentication(started, answer, options)
        : await verifySignature(started, answer, options);
    if (!verified.ok && verified.failure.code === "status_unreachable") throw new ServerUnreachable("OCSP");
    hold("a signature is good, and so is its certificate", verified.ok, () => [verified, started, answer]);
  }

  /** What was told before the kill is told again. */
  async tellAgain(): Promise<void> {
    const fetchable = this.#told.filter(({ started }) => Date.now() - started.receivedAt < FETCHABLE_MS);
    await Promise.all(fetchable.slice(-CHECKED_AGAIN).map(({ started }) => this.look(started)));
  }
}

function reached<Value>(result: Result<Value, CallFailure>): Result<Value, CallFailure> {
  if (!result.ok && result.failure.code === "unreachable") throw new ServerUnreachable("no answer to a relying party");
  return result;
}

function nameOf(address: string): string {
  const { pathname } = new URL(address);
  return pathname.includes("/session/") ? "poll" : "start";
}
