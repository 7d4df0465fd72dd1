// Everybody who lives in the simulator: enrolled where they are not yet, the first one alone and then a few at a time, and present from
// then on. Made once: a later start finds their keys in the state folder.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ChannelClient } from "../../src/authenticator/channel-client.ts";
import { addSuites, missingSuites } from "../../src/authenticator/re-key.ts";
import { ServerUnreachable } from "../../src/authenticator/server-connection.ts";
import { PURPOSES } from "../../src/account/purpose.ts";
import { identityOf, pinsOf, type TestPerson } from "../../src/simulator/people.ts";
import { SimulatedPerson } from "../../src/simulator/simulated-person.ts";
import { CommandFailure } from "../authenticator/command-failure.ts";
import { type AccountState, enrolAccount } from "../authenticator/enrolment.ts";
import { withPin } from "../authenticator/pin-bytes.ts";
import { closedReason, commandFailure } from "../authenticator/explain.ts";
import { StateFile } from "../authenticator/state-file.ts";
import { ApplicantStorage } from "./applicant-storage.ts";

/** More would not be done sooner on two cores, and the server has others to serve. */
const AT_ONCE = 3;
/** Of PBKDF2: their PINs stand in a public table, and there are dozens of people. */
const ITERATIONS = 1;
/** Of a server that does not answer. */
const TRIES = 5;
const PAUSE_MILLISECONDS = 2_000;

export interface Progress {
  readonly ready: number;
  /** Whoever could not be enrolled was told of by `say`. */
  readonly failed: number;
  readonly total: number;
  /** Who is ready just now. */
  readonly documentNumber: string | undefined;
}

interface Surroundings {
  /** Of the server, without a trailing slash. */
  readonly url: string;
  /** Where each person's keys are kept. */
  readonly folder: string;
  readonly say: (line: string) => void;
  readonly onProgress: (progress: Progress) => void;
}

/** Where the keys of this test person lie. */
export const recordOf = (folder: string, documentNumber: string): string => join(folder, `${documentNumber}.json`);

export class Population {
  readonly #surroundings: Surroundings;
  /** By the number that they are meant to have. */
  readonly #present = new Map<string, SimulatedPerson>();
  readonly #waiting: TestPerson[] = [];
  /** Settles when the person is here, or is known to have failed. */
  readonly #arriving = new Map<string, Promise<void>>();
  readonly #known = new Set<string>();
  readonly #failed = new Set<string>();
  #working = 0;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  /** Those who are known already are left as they are. */
  welcome(people: readonly TestPerson[]): void {
    const { folder } = this.#surroundings;
    const strangers = people.filter(({ documentNumber }) => !this.#known.has(documentNumber));
    const isMade = ({ documentNumber }: TestPerson): boolean => existsSync(recordOf(folder, documentNumber));
    this.#waiting.push(...strangers.toSorted((left, right) => Number(isMade(right)) - Number(isMade(left))));
    for (const { documentNumber } of strangers) this.#known.add(documentNumber);
    this.#workOn();
  }

  /** "unknown": no test person; "enrolling": not yet; "failed": not to be had, which was said. */
  find(documentNumber: string): SimulatedPerson | "enrolling" | "failed" | "unknown" {
    if (this.#failed.has(documentNumber)) return "failed";
    return this.#present.get(documentNumber) ?? (this.#known.has(documentNumber) ? "enrolling" : "unknown");
  }

  /** Closes the person's account for ever, where there is one. */
  async dismiss(documentNumber: string): Promise<void> {
    const { folder, url } = this.#surroundings;
    const position = this.#waiting.findIndex((person) => person.documentNumber === documentNumber);
    if (position >= 0) this.#waiting.splice(position, 1);
    await this.#arriving.get(documentNumber);
    const storage = new StateFile(recordOf(folder, documentNumber), url);
    const closed = await new ChannelClient({ url, fetch }, storage).call("revokeKey", () => ({}));
    const { code } = closed.ok ? { code: "closed" } : closed.failure;
    if (!["closed", "account_closed", "no_account", "unknown_channel"].includes(code)) throw new Error(code);
    this.#present.get(documentNumber)?.leave();
    this.#present.delete(documentNumber);
    this.#known.delete(documentNumber);
    this.#failed.delete(documentNumber);
    await storage.exclusively(() => storage.remove());
  }

  #workOn(): void {
    // The first one by itself: somebody is waiting for anybody to try things with.
    const limit = this.#present.size + this.#failed.size === 0 ? 1 : AT_ONCE;
    while (this.#working < limit) {
      const person = this.#waiting.shift();
      if (person === undefined) return;
      this.#working++;
      const arriving = this.#admit(person).finally(() => {
        this.#working--;
        this.#arriving.delete(person.documentNumber);
        this.#workOn();
      });
      this.#arriving.set(person.documentNumber, arriving);
    }
  }

  async #admit(person: TestPerson): Promise<void> {
    const { documentNumber } = person;
    try {
      const [client, given] = await this.#enrolled(person);
      const { say } = this.#surroundings;
      if (given !== documentNumber) say(`${documentNumber}: enrolled as ${given}, since that number was given before`);
      const simulated = new SimulatedPerson(person, client, say);
      this.#present.set(documentNumber, simulated);
      simulated.attend().catch((error: unknown) => say(`${documentNumber} does not answer any more: ${String(error)}`));
      this.#report(given);
    } catch (error) {
      this.#failed.add(documentNumber);
      const expected = error instanceof CommandFailure || error instanceof ServerUnreachable;
      this.#surroundings.say(`${documentNumber} is not there: ${expected ? error.message : String(error)}`);
      this.#report(undefined);
    }
  }

  #report(documentNumber: string | undefined): void {
    const { size: total } = this.#known;
    this.#surroundings.onProgress({ ready: this.#present.size, failed: this.#failed.size, total, documentNumber });
  }

  async #enrolled(person: TestPerson): Promise<[ChannelClient, documentNumber: string]> {
    const { url, folder } = this.#surroundings;
    const client = new ChannelClient({ url, fetch }, new StateFile(recordOf(folder, person.documentNumber), url));
    for (let attempt = 1; ; attempt++) {
      try {
        return [client, await enrolledNumber(client, person, this.#surroundings.say)];
      } catch (error) {
        if (!(error instanceof ServerUnreachable) || attempt === TRIES) throw error;
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLISECONDS));
      }
    }
  }
}

/** Of the account that there is, or of a new one. */
async function enrolledNumber(client: ChannelClient, person: TestPerson, say: (line: string) => void): Promise<string> {
  const { storage } = client;
  const state = await client.call("getKeyState", () => ({}));
  if (state.ok && state.value.status === "active") {
    await addMissingKeys(client, person, state.value, say);
    return state.value.documentNumber;
  }
  // Somebody ended it, and may want to see what relying parties are told then.
  if (state.ok && state.value.status === "closed" && state.value.documentNumber !== "") {
    throw new CommandFailure("closed", `the account is closed (${closedReason(state.value.closedReason)})`);
  }
  if (!state.ok && !["no_account", "unknown_channel"].includes(state.failure.code)) throw commandFailure(state.failure);
  // The server has other data now than at the last start.
  if (!state.ok && state.failure.code === "unknown_channel") await storage.exclusively(() => storage.remove());
  // A record that is there is of an account whose application was being signed.
  const applicant = state.ok ? client : new ChannelClient(client.server, new ApplicantStorage(storage));
  return (await enrolAccount(applicant, identityOf(person), pinsOf(person), () => undefined, ITERATIONS)).documentNumber;
}

/** Of a state folder from before the server made these. Who gets none, because a PIN is locked, answers as before. */
async function addMissingKeys(
  client: ChannelClient,
  person: TestPerson,
  state: AccountState,
  say: (line: string) => void,
): Promise<void> {
  const usable = PURPOSES.filter((purpose) => state.pins[purpose].state === "usable");
  for (const purpose of usable.filter((each) => missingSuites(state, each).length > 0)) {
    const options = { iterations: ITERATIONS };
    const added = await withPin(pinsOf(person)[purpose], (pin) => addSuites(client, purpose, pin, options));
    if (!added.ok) say(`${person.documentNumber} gets no further keys (${added.failure.code})`);
  }
}
