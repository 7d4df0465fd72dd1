// One server with the phones of many people and a relying party, over many kills: what all stories share.
import { type Purpose, PURPOSES } from "../../src/account/purpose.ts";
import { holdOnDisk } from "./disk-rules.ts";
import { Disk } from "./disk.ts";
import { Fuse, type Plan, watchWrites } from "./fuse.ts";
import { KEKS, type KillableServer, killableServer } from "./killable-server.ts";
import { Operator } from "./operator.ts";
import { Party } from "./party.ts";
import { Phone } from "./phone.ts";
import type { Random } from "./random.ts";
import { keysMadeFor, READY_KEYS_OF_AN_ACCOUNT } from "./ready-keys.ts";
import { hold } from "./violation.ts";

/** Milliseconds that a request takes which was never measured. */
const UNMEASURED_MS = 40;
/** How much one more measurement counts. */
const WEIGHT = 0.2;
/** Milliseconds of a running server until what waits in outboxes has arrived; they are told again after two seconds, then after four. */
const DELIVERED_WITHIN_MS = 30_000;
const DELIVERING_MS = 5_000;
const PINS = { auth: "4711", sign: "80235" } as const satisfies Record<Purpose, string>;

/** A certificate that is to be revoked in the index. */
interface Owed {
  readonly serialNumber: string;
  readonly why: string;
  /** Milliseconds that the server ran since. */
  ranFor: number;
}

export class World {
  readonly server: KillableServer;
  readonly disk: Disk;
  readonly party: Party;
  readonly operator: Operator;
  readonly phones: Phone[] = [];
  /** Whether requests that are cut off wait for the next server and leave again. */
  patient = false;
  kills = 0;
  /** Kills after which something lay in an outbox of the story's accounts. */
  undelivered = 0;
  /** Kills between a commit and the answer that tells of it. */
  unanswered = 0;
  /** Of the running story. */
  random: Random;
  /** Serial numbers by which certificates were revoked; they stay so. */
  readonly #revoked = new Set<string>();
  #owed: Owed[] = [];
  #fuse: Fuse | undefined;
  #running: PromiseWithResolvers<void> | undefined;
  #runningSince = Date.now();
  #waiting = 0;
  #stopWatching: (() => void) | undefined;
  #watched = 0;
  #number = 0;
  /** The current one first. */
  #keks: (typeof KEKS)[number][] = [...KEKS];
  readonly #usual = new Map<string, number>();

  private constructor(server: KillableServer, random: Random) {
    this.server = server;
    this.random = random;
    this.disk = new Disk(server.folder);
    this.party = new Party(server.url, server.folder, this.send);
    this.operator = new Operator(server.url, server.operatorKey, this.send);
  }

  static async start(folder: string, random: Random): Promise<World> {
    return new World(await killableServer(folder), random);
  }

  readonly send = async (name: string, ...[address, init]: Parameters<typeof fetch>): Promise<Response> => {
    const begun = performance.now();
    this.#fuse?.leaves(name);
    try {
      const response = await fetch(address, init);
      const body = await response.arrayBuffer();
      if (this.#fuse?.isBurnt === true && this.#fuse.plan.losesAnswers) throw new TypeError("it was lost on its way");
      const took = performance.now() - begun;
      this.#usual.set(name, (this.#usual.get(name) ?? took) * (1 - WEIGHT) + took * WEIGHT);
      this.#fuse?.answered(name);
      return new Response(body, response);
    } catch (error) {
      if (this.patient && this.#running !== undefined) {
        this.#waiting++;
        await this.#running.promise;
        this.#waiting--;
      }
      throw error;
    }
  };

  nextNumber(): number {
    return ++this.#number;
  }

  newPhone(): Phone {
    const number = this.phones.length + 1;
    const personalCode = `KILL-${String(number).padStart(6, "0")}`;
    const person = { givenName: "MARI", surname: "TAMM", country: "DE", dateOfBirth: "1990-02-03", level: "QUALIFIED" } as const;
    const identity = { ...person, personalCode, documentSuffix: "K1LL" };
    const phone = new Phone(this.server.url, this.send, { person: identity, pins: PINS });
    this.phones.push(phone);
    return phone;
  }

  /** An account that a story can go on with; undefined where one is to be enrolled first. `keys`: how many the story may make. */
  usablePhone(purpose: Purpose, keys = 0): Phone | undefined {
    const isReady = (phone: Phone): boolean => keysMadeFor(phone.documentNumber) + keys <= READY_KEYS_OF_AN_ACCOUNT;
    const usable = this.phones.filter((phone) => phone.isUsable(purpose) && (keys === 0 || isReady(phone)));
    return usable.length === 0 ? undefined : this.random.pick(usable.slice(-8));
  }

  /** The server will be killed by that plan. */
  arm(plan: Plan): Fuse {
    const folders = this.disk.folders();
    if (folders.size !== this.#watched) {
      this.#stopWatching?.();
      this.#stopWatching = watchWrites(folders, (writer) => this.#fuse?.written(writer));
      this.#watched = folders.size;
    }
    const usual = (name: string): number => this.#usual.get(name) ?? UNMEASURED_MS;
    this.#running = Promise.withResolvers();
    this.#fuse = new Fuse(plan, usual, () => this.server.killNow());
    return this.#fuse;
  }

  /** Whether somebody waits for the next server. */
  get isWaitedFor(): boolean {
    return this.#waiting > 0;
  }

  /** After a kill: looks at what is on disk, and starts the next server. `phones`: those of the story. */
  async goOn(phones: readonly Phone[]): Promise<void> {
    await this.server.gone();
    this.kills++;
    const ranFor = Date.now() - this.#runningSince;
    for (const owed of this.#owed) owed.ranFor += ranFor;
    this.#holdOnDisk(phones);
    for (const phone of phones) this.#letTimePass(phone);
    await this.server.start();
    this.#runningSince = Date.now();
    this.#fuse = undefined;
    this.#running?.resolve();
    this.#running = undefined;
    await this.party.tellAgain();
  }

  /** Another KEK is the current one from here on. Gives the one of before. */
  async changeKek(): Promise<string> {
    this.server.killNow();
    await this.server.gone();
    const [before = KEKS[0], after = KEKS[1]] = this.#keks;
    this.#keks = [after, before];
    await this.server.useKek(after);
    await this.server.start();
    return before;
  }

  /** Of all phones: the end of a campaign. */
  async holdEverything(): Promise<void> {
    for (let wait = 0; wait === 0 || this.#owed.length > 0; wait = DELIVERING_MS) {
      await new Promise((resolve) => setTimeout(resolve, wait));
      this.server.killNow();
      await this.goOn(this.phones);
    }
  }

  /** Told, or on disk: from then on the index has to know it before long. */
  oweRevocation(serialNumber: string, why: string): void {
    if (this.#revoked.has(serialNumber) || this.#owed.some((owed) => owed.serialNumber === serialNumber)) return;
    this.#owed.push({ serialNumber, why, ranFor: 0 });
  }

  #holdOnDisk(phones: readonly Phone[]): void {
    const index = this.disk.index();
    const { certificates } = index;
    const isRevoked = (serialNumber: string): boolean => typeof certificates.get(serialNumber)?.["revoked_at"] === "number";
    for (const serialNumber of this.#revoked) {
      hold("what was revoked stays revoked", isRevoked(serialNumber), () => serialNumber);
    }
    let [undelivered, unanswered] = [false, false];
    for (const phone of phones) {
      const account = phone.handle === "" ? undefined : this.disk.account(phone.handle);
      undelivered ||= (account?.outbox.length ?? 0) > 0;
      unanswered ||= account?.requests.has(phone.pending?.requestId ?? "") === true;
      if (account === undefined) {
        hold("an account stays on disk", !phone.active, () => phone.documentNumber);
        continue;
      }
      const gone = holdOnDisk(phone, account, this.disk.person(phone.handle), index);
      for (const [serialNumber, why] of gone) this.oweRevocation(serialNumber, why);
    }
    if (undelivered) this.undelivered++;
    if (unanswered) this.unanswered++;
    this.#owed = this.#owed.filter((owed) => {
      const arrived = isRevoked(owed.serialNumber);
      hold("a revocation reaches the index", arrived || owed.ranFor < DELIVERED_WITHIN_MS, () => owed);
      if (arrived) this.#revoked.add(owed.serialNumber);
      return !arrived;
    });
  }

  #letTimePass(phone: Phone): void {
    if (PURPOSES.every((purpose) => phone.lockedUntil[purpose] === 0)) return;
    // An attempt whose answer is still to be heard may have locked it.
    if (phone.pending !== undefined) return;
    this.disk.endLocks(phone.handle);
    for (const purpose of PURPOSES) phone.lockedUntil[purpose] = 0;
  }

  async stop(): Promise<void> {
    this.#stopWatching?.();
    await this.server.stop();
  }
}
