// Whole authentications over HTTP against a started server, one after the other: the relying party posts, waits in a long poll,
// and the person's device lists, claims and approves. Next to a trivial route and to an object call that writes one row.
import { makeKeys, openAccount, assertIdentity } from "../src/authenticator/enrolment.ts";
import { ChannelClient } from "../src/authenticator/channel-client.ts";
import type { ServerConnection } from "../src/authenticator/server-connection.ts";
import { approveTransaction, claimTransaction, listTransactions, refuseTransaction } from "../src/authenticator/transactions.ts";
import type { SignedTransaction } from "../src/protocol/claimed-transaction.ts";
import { utf8 } from "../src/protocol/encoding.ts";
import { MemoryStorage } from "../test/support/memory-storage.ts";
import type { BenchWorker } from "./bench-worker.ts";
import { bodyOf, start as startSession } from "./flow-party.ts";
import { sample, type Samples, type Section } from "./measurement.ts";

const RUNS = 30;
const WARM_UP = 3;
const FLOOR_RUNS = 300;
/** The server refills its pool of key shares after a start and after an enrolment: seconds of full load. */
const UNTIL_QUIET_MILLISECONDS = 8_000;
export const untilQuiet = (): Promise<void> => pause(UNTIL_QUIET_MILLISECONDS);

const PINS = { auth: utf8("4711"), sign: utf8("80235") };

/** What one session took, in milliseconds. */
interface Timing {
  /** From the relying party's request to the long poll's answer. */
  readonly whole: number;
  /** The same without what the device computed between being told what to sign and sending its contribution. */
  readonly withoutDevice: number;
  /** From the device's last request being sent to the long poll's answer. */
  readonly lastWait: number;
}

export async function authenticationSections(url: string, worker: BenchWorker): Promise<readonly Section[]> {
  const device = await BenchDevice.enrol(url);
  await untilQuiet();

  const get = async (path: string) => (await fetch(path)).arrayBuffer();
  const health = { name: "trivial route", samples: await sample(FLOOR_RUNS, () => get(`${url}/health`), 30) };
  const write = {
    name: "object call",
    samples: await sample(FLOOR_RUNS, () => worker.post("/write", { name: "row" }), 30),
  };
  const wake = { name: "bare wake-up", samples: await bareWakeUps(worker) };
  const approved = await device.sessions("approve");
  const refused = await device.sessions("refuse");
  const times = (timings: readonly Timing[], name: keyof Timing): Samples => timings.map((timing) => timing[name]);
  return [
    {
      title: "A whole authentication, over HTTP",
      rows: [
        { what: "GET /health", samples: health.samples },
        { what: "object call that writes a row", samples: write.samples },
        { what: "bare wake-up: a call that waits for a row to be written", samples: wake.samples },
        { what: "authentication, from the POST to the result", samples: times(approved, "whole"), floor: write },
        { what: "authentication without the device's own work", samples: times(approved, "withoutDevice"), floor: write },
        { what: "from the device's last request to the long poll's answer", samples: times(approved, "lastWait"), floor: wake },
        { what: "wake-up of a long poll: the same for a refusal", samples: times(refused, "lastWait"), floor: wake },
      ],
    },
  ];
}

/** From sending the write to the answer of the call that waits for it. */
async function bareWakeUps(worker: BenchWorker): Promise<Samples> {
  const samples: number[] = [];
  for (let run = -WARM_UP; run < FLOOR_RUNS / 3; run++) {
    const woken = worker.post("/wait", { name: "waited for" }).then(() => performance.now());
    await pause(15);
    const start = performance.now();
    await worker.post("/write", { name: "waited for" });
    if (run >= 0) samples.push((await woken) - start);
    else await woken;
  }
  return samples;
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

class BenchDevice {
  readonly #url: string;
  readonly #client: ChannelClient;
  readonly #documentNumber: string;
  readonly #clock: Clock;

  private constructor(url: string, client: ChannelClient, documentNumber: string, clock: Clock) {
    this.#url = url;
    this.#client = client;
    this.#documentNumber = documentNumber;
    this.#clock = clock;
  }

  static async enrol(url: string): Promise<BenchDevice> {
    const clock: Clock = { sent: 0, answered: 0 };
    const server: ServerConnection = { url, fetch: timedFetch(clock) };
    const storage = new MemoryStorage();
    const person = {
      givenName: "MARI",
      surname: "TAMM",
      country: "EE",
      personalCode: "50001029996",
      level: "QUALIFIED",
    } as const;
    if (!(await openAccount(server, storage)).ok) throw new Error("the server's transcript is not authentic");
    const refusal = await assertIdentity(server, storage, person);
    if (refusal !== undefined) throw new Error(refusal.detail);
    const client = new ChannelClient(server, storage);
    take(await makeKeys(client, PINS));
    take(await approveTransaction(client, await claimOnly(client), PINS.sign));
    const { documentNumber } = take(await client.call("getKeyState", () => ({})));
    return new BenchDevice(url, client, documentNumber, clock);
  }

  async sessions(answer: "approve" | "refuse"): Promise<readonly Timing[]> {
    const timings: Timing[] = [];
    for (let run = -WARM_UP; run < RUNS; run++) {
      const timing = await this.#session(answer);
      if (run >= 0) timings.push(timing);
    }
    return timings;
  }

  async #session(answer: "approve" | "refuse"): Promise<Timing> {
    const start = performance.now();
    const sessionID = await this.#startLogin();
    const result = this.#longPoll(sessionID).then((endResult) => ({ endResult, at: performance.now() }));
    const claimed = await claimOnly(this.#client);
    const told = this.#clock.answered;
    if (answer === "approve") take(await approveTransaction(this.#client, claimed, PINS.auth));
    else take(await refuseTransaction(this.#client, claimed.transactionId, "USER_REFUSED"));
    const { endResult, at } = await result;
    if (endResult !== (answer === "approve" ? "OK" : "USER_REFUSED")) throw new Error(`the session ended as ${endResult}`);
    const whole = at - start;
    return { whole, withoutDevice: whole - (this.#clock.sent - told), lastWait: at - this.#clock.sent };
  }

  async #startLogin(): Promise<string> {
    const path = `authentication/notification/document/${this.#documentNumber}`;
    return (await startSession(this.#url, path, "auth", bodyOf("auth"))).sessionID;
  }

  async #longPoll(sessionID: string): Promise<string> {
    const response = await fetch(`${this.#url}/v3/session/${sessionID}?timeoutMs=60000`);
    const status = (await response.json()) as { result?: { endResult: string } };
    return status.result?.endResult ?? `${response.status}`;
  }
}

/** When the device's last request was sent, and answered. */
export interface Clock {
  sent: number;
  answered: number;
}

export function timedFetch(clock: Clock): typeof fetch {
  return async (input, init) => {
    clock.sent = performance.now();
    const response = await fetch(input, init);
    clock.answered = performance.now();
    return response;
  };
}

async function claimOnly(client: ChannelClient): Promise<SignedTransaction> {
  const [only] = take(await listTransactions(client));
  if (only === undefined) throw new Error("nothing waits");
  const claimed = take(await claimTransaction(client, only.transactionId));
  if (claimed.kind === "certificate-choice") throw new Error("no login waits");
  return claimed;
}

export function take<Value>(result: { ok: true; value: Value } | { ok: false; failure: { code: string } }): Value {
  if (!result.ok) throw new Error(result.failure.code);
  return result.value;
}
