// Every flow of the relying-party API over HTTP against a started server: how many sessions are started in a second, and how many
// go from the POST to the result, next to the trivial route. One server, a few headless devices, all on this machine.
import { enrolAccount } from "../scripts/authenticator/enrolment.ts";
import { makeTestPerson } from "../scripts/demo/test-person.ts";
import type { Purpose } from "../src/account/purpose.ts";
import { ChannelClient } from "../src/authenticator/channel-client.ts";
import {
  approveTransaction,
  claimTransaction,
  confirmCertificateChoice,
  listTransactions,
  openDeviceLink,
  refuseTransaction,
  stopWaiting,
} from "../src/authenticator/transactions.ts";
import type { SessionType } from "../src/protocol/device-link.ts";
import { utf8 } from "../src/protocol/encoding.ts";
import { MemoryStorage } from "../test/support/memory-storage.ts";
import { type Clock, take, timedFetch, untilQuiet } from "./authentication.ts";
import { bodyOf, endResult, start, type Started } from "./flow-party.ts";
import { type Floor, type Row, type Samples, type Section, timed } from "./measurement.ts";

/** Requests of one burst. An account lets one relying party have three requests waiting: three devices take eight. */
const IN_FLIGHT = 8;
const DEVICES = 3;
const BURSTS = 15;
const RUNS = 12;

interface Flow {
  readonly path: string;
  readonly type: SessionType;
  /** Undefined: for anybody. */
  readonly whom?: "etsi" | "document";
}

const about = (path: string, type: SessionType): readonly Flow[] =>
  (["etsi", "document"] as const).map((whom) => ({ path: `${path}/${whom}`, type, whom }));

const FLOWS: readonly Flow[] = [
  ...about("authentication/notification", "auth"),
  { path: "authentication/device-link/anonymous", type: "auth" },
  ...about("authentication/device-link", "auth"),
  ...about("signature/notification", "sign"),
  ...about("signature/device-link", "sign"),
  { path: "signature/certificate-choice/notification/etsi", type: "cert", whom: "etsi" },
  { path: "signature/certificate-choice/device-link/anonymous", type: "cert" },
];
const LINKED: Flow = { path: "signature/notification/linked", type: "sign", whom: "document" };

export async function flowSections(url: string): Promise<readonly Section[]> {
  const first = await Device.enrol(url);
  const devices = [first];
  while (devices.length < DEVICES) devices.push(await Device.enrol(url));
  await untilQuiet();
  return [await starting(url, devices), await whole(url, first)];
}

/** Bursts of every flow in turn, so that a disturbance meets all alike. The first burst of each does not count. */
async function starting(url: string, devices: readonly Device[]): Promise<Section> {
  const floor = new Load();
  const loads = FLOWS.map((flow) => ({ flow, load: new Load() }));
  for (let burst = -1; burst < BURSTS; burst++) {
    await floor.burst(burst >= 0, Array.from({ length: IN_FLIGHT }), () => health(url));
    for (const { flow, load } of loads) {
      const requests = Array.from({ length: IN_FLIGHT }, (_, index) => {
        const path = devices[index % devices.length]?.pathOf(flow) ?? flow.path;
        return { path, body: bodyOf(flow.type) };
      });
      await load.burst(burst >= 0, requests, ({ path, body }) => start(url, path, flow.type, body));
      // What waits is not part of it, and has to go before more can come.
      await Promise.all(devices.map((device) => device.refuseAll()));
    }
  }
  const trivial = { name: "trivial route", samples: floor.samples };
  const rows = loads.map(({ flow, load }): Row => ({ what: `POST ${flow.path}`, ...load.figures(), floor: trivial }));
  return {
    title: `Starting a session, over HTTP, bursts of ${IN_FLIGHT} requests`,
    rows: [{ what: "GET /health", ...floor.figures() }, ...rows],
  };
}

/** Milliseconds of each request, and of the bursts. */
class Load {
  readonly samples: number[] = [];
  #milliseconds = 0;

  async burst<Asked>(counts: boolean, requests: readonly Asked[], ask: (request: Asked) => Promise<unknown>): Promise<void> {
    const { milliseconds, value } = await timed(() => Promise.all(requests.map((request) => timed(() => ask(request)))));
    if (!counts) return;
    this.samples.push(...value.map((each) => each.milliseconds));
    this.#milliseconds += milliseconds;
  }

  figures(): { samples: Samples; perSecond: number } {
    return { samples: this.samples, perSecond: (1000 * this.samples.length) / this.#milliseconds };
  }
}

/** One after the other, in turn. With the device's own work, which is that of the PIN, and without it. */
async function whole(url: string, device: Device): Promise<Section> {
  const floor: number[] = [];
  const flows = [...FLOWS, LINKED].map((flow) => ({ flow, all: [] as number[], rest: [] as number[] }));
  for (let run = -1; run < RUNS; run++) {
    const trivial = await timed(() => health(url));
    if (run >= 0) floor.push(trivial.milliseconds);
    for (const { flow, all, rest } of flows) {
      const { milliseconds, own } = await device.session(flow);
      if (run < 0) continue;
      all.push(milliseconds);
      rest.push(milliseconds - own);
    }
  }
  const trivial: Floor = { name: "trivial route", samples: floor };
  const rows = flows.flatMap(({ flow, all, rest }): readonly Row[] => [
    { what: flow.path, samples: rest, floor: trivial },
    ...(flow.type === "cert" ? [] : [{ what: `${flow.path}, with the PIN's work`, samples: all, floor: trivial }]),
  ]);
  return {
    title: "A whole session, from the POST to the result, one device, one after the other",
    rows: [{ what: "GET /health", samples: floor }, ...rows],
  };
}

const health = async (url: string): Promise<unknown> => (await fetch(`${url}/health`)).arrayBuffer();

interface Person {
  readonly documentNumber: string;
  readonly semanticsIdentifier: string;
  readonly pins: Readonly<Record<Purpose, Uint8Array<ArrayBuffer>>>;
}

class Device {
  readonly #url: string;
  readonly #client: ChannelClient;
  readonly #person: Person;
  readonly #clock: Clock;

  private constructor(url: string, client: ChannelClient, person: Person, clock: Clock) {
    this.#url = url;
    this.#client = client;
    this.#person = person;
    this.#clock = clock;
  }

  static async enrol(url: string): Promise<Device> {
    const clock: Clock = { sent: 0, answered: 0 };
    const client = new ChannelClient({ url, fetch: timedFetch(clock) }, new MemoryStorage());
    const { identity, semanticsIdentifier, pins } = makeTestPerson();
    const { documentNumber } = await enrolAccount(client, identity, pins, () => undefined);
    const person = { documentNumber, semanticsIdentifier, pins: { auth: utf8(pins.auth), sign: utf8(pins.sign) } };
    return new Device(url, client, person, clock);
  }

  pathOf({ path, whom }: Flow): string {
    if (whom === undefined) return path;
    return `${path}/${whom === "etsi" ? this.#person.semanticsIdentifier : this.#person.documentNumber}`;
  }

  async refuseAll(): Promise<void> {
    for (const { transactionId } of take(await listTransactions(this.#client))) {
      take(await claimTransaction(this.#client, transactionId));
      take(await refuseTransaction(this.#client, transactionId, "USER_REFUSED"));
    }
  }

  /** `own`: milliseconds between the device's being told what to answer and its sending the answer. */
  async session(flow: Flow): Promise<{ readonly milliseconds: number; readonly own: number }> {
    const follows = flow === LINKED ? await this.#chosen() : undefined;
    const body = bodyOf(flow.type, follows);
    const { milliseconds, value: own } = await timed(async () => {
      const started = await start(this.#url, this.pathOf(flow), flow.type, body);
      const ownWork = await this.#answer(started);
      const end = await endResult(this.#url, started.sessionID);
      if (end !== "OK") throw new Error(`${flow.path} ended as ${end}`);
      return ownWork;
    });
    // Else the next request would be refused while the signature after a choice is waited for.
    if (flow.type === "cert") take(await stopWaiting(this.#client));
    return { milliseconds, own };
  }

  async #chosen(): Promise<string> {
    const started = await start(this.#url, "signature/certificate-choice/device-link/anonymous", "cert", bodyOf("cert"));
    await this.#answer(started);
    await endResult(this.#url, started.sessionID);
    return started.sessionID;
  }

  async #answer({ link }: Started): Promise<number> {
    const claimed = take(await (link === undefined ? this.#claimOnly() : openDeviceLink(this.#client, link)));
    const told = this.#clock.answered;
    if (claimed.kind === "certificate-choice") take(await confirmCertificateChoice(this.#client, claimed.transactionId));
    else take(await approveTransaction(this.#client, claimed, this.#person.pins[claimed.purpose]));
    return this.#clock.sent - told;
  }

  async #claimOnly(): ReturnType<typeof claimTransaction> {
    const [only] = take(await listTransactions(this.#client));
    if (only === undefined) throw new Error("nothing waits");
    return claimTransaction(this.#client, only.transactionId);
  }
}
