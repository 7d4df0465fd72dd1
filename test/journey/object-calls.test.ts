// What a session costs: for every flow its calls on objects, from the relying party's POST to COMPLETE; for a login the rows, too.
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { AccountObject } from "../../durable/account/account-object.ts";
import { PersonObject } from "../../durable/person/person-object.ts";
import { SessionObject } from "../../durable/session/session-object.ts";
import type { Result } from "../../src/account/result.ts";
import {
  approveTransaction,
  claimTransaction,
  confirmCertificateChoice,
  listTransactions,
  openDeviceLink,
  stopWaiting,
} from "../../src/authenticator/transactions.ts";
import type { ClaimedTransaction } from "../../src/protocol/claimed-transaction.ts";
import { endResult } from "../support/demo-party.ts";
import {
  linkOf,
  startAuthenticationLink,
  startCertificateChoiceLink,
  type StartedLink,
  startSignatureLink,
} from "../support/device-links.ts";
import { enrol, type HeadlessDevice, PERSON, PINS, pinOf } from "../support/headless-device.ts";
import { anAuthentication, aSignature, DEMO, listedAccount, post, seedDemoParty } from "../support/relying-party.ts";

let device: HeadlessDevice & { documentNumber: string };

beforeAll(async () => {
  await seedDemoParty();
  device = await enrol();
});
afterEach(async () => {
  vi.restoreAllMocks();
  // For what follows a certificate choice, and lets nothing else in.
  take(await stopWaiting(device.client));
});

type Calls = Readonly<Record<string, number>>;
interface Counted {
  readonly called: Set<unknown>;
  readonly calls: Record<string, number>;
}

/** Counts every call on objects of a class; the objects that were called, and the calls by name. Alarms are nobody's calls. */
function count(objects: object): Counted {
  const counted: Counted = { called: new Set(), calls: {} };
  const methods = objects as Record<string, (...values: unknown[]) => unknown>;
  for (const name of Object.getOwnPropertyNames(objects)) {
    const real = methods[name];
    if (name === "constructor" || name === "alarm" || typeof real !== "function") continue;
    vi.spyOn(methods, name).mockImplementation(function (this: unknown, ...values: unknown[]) {
      counted.called.add(this);
      counted.calls[name] = (counted.calls[name] ?? 0) + 1;
      return real.apply(this, values);
    });
  }
  return counted;
}

function take<Value>(result: Result<Value, { readonly code: string }>): Value {
  if (!result.ok) throw new Error(result.failure.code);
  return result.value;
}

async function claimListed(): Promise<ClaimedTransaction> {
  const [only, ...more] = take(await listTransactions(device.client));
  if (only === undefined || more.length > 0) throw new Error("not one transaction waits");
  return take(await claimTransaction(device.client, only.transactionId));
}

async function approve(claimed: ClaimedTransaction): Promise<void> {
  if (claimed.kind === "certificate-choice") take(await confirmCertificateChoice(device.client, claimed.transactionId));
  else take(await approveTransaction(device.client, claimed, pinOf(PINS[claimed.purpose])));
}

/** From the POST to the device's answer; gives the sessionID. */
type Flow = () => Promise<string>;

const notified =
  (path: string, body: () => object): Flow =>
  async () => {
    const response = await post(named(path), body());
    expect(response.status, await response.clone().text()).toBe(200);
    await approve(await claimListed());
    return (await response.json<{ sessionID: string }>()).sessionID;
  };
const opened =
  (start: () => Promise<StartedLink>): Flow =>
  async () => {
    const started = await start();
    await approve(take(await openDeviceLink(device.client, linkOf(started))));
    return started.sessionID;
  };
const named = (path: string): string =>
  path.replace(/etsi$/, `etsi/PNOEE-${PERSON.personalCode}`).replace(/(document|linked)$/, `$1/${device.documentNumber}`);

/** The relying party asks once, and the session was complete by then; a poll that waits takes a second view. */
const ASKED: Calls = { start: 1, claim: 1, finish: 1, view: 1 };
const OPENED: Calls = { start: 1, openLink: 1, finish: 1, view: 1 };
/** One offer; the device's list, claim and answer. */
const TOLD: Calls = { offer: 1, receive: 3 };
/** Opening and answer. */
const CAME: Calls = { receive: 2 };
/** Of what is over the person's history hears after the commit, off the hot path; and of the epoch of a PIN's payment with it. */
const PAST: Calls = { recordTransaction: 1 };

interface Row {
  readonly flow: string;
  readonly run: Flow;
  readonly session: Calls;
  readonly account: Calls;
  /** `repeatedSession`: a request about somebody that comes twice is one session; certificate choices and signatures only. */
  readonly person: Calls;
  /** Not counted. */
  readonly before?: () => Promise<void>;
  /** Objects of each class, where it is not one (or none, where nothing is called). */
  readonly sessions?: number;
  readonly accounts?: number;
}

/** Of a certificate choice by device link that ended well. */
let choice = "";

const FLOWS: readonly Row[] = [
  ...["etsi", "document"].flatMap((whom): Row[] => [
    {
      flow: `authentication/notification/${whom}`,
      run: notified(`/authentication/notification/${whom}`, anAuthentication),
      session: ASKED,
      account: TOLD,
      person: { accountsFor: 1, ...PAST },
    },
    {
      flow: `authentication/device-link/${whom}`,
      run: opened(() => startAuthenticationLink(named(whom))),
      session: OPENED,
      account: CAME,
      person: { accountsFor: 1, ...PAST },
    },
    {
      flow: `signature/notification/${whom}`,
      run: notified(`/signature/notification/${whom}`, aSignature),
      session: ASKED,
      account: TOLD,
      person: { accountsFor: 1, repeatedSession: 1, ...PAST },
    },
    {
      flow: `signature/device-link/${whom}`,
      run: opened(() => startSignatureLink(named(whom))),
      session: OPENED,
      account: CAME,
      person: { accountsFor: 1, repeatedSession: 1, ...PAST },
    },
  ]),
  {
    flow: "authentication/device-link/anonymous",
    run: opened(() => startAuthenticationLink()),
    session: OPENED,
    account: CAME,
    person: PAST,
  },
  {
    flow: "signature/certificate-choice/notification/etsi",
    run: notified("/signature/certificate-choice/notification/etsi", () => DEMO),
    session: ASKED,
    account: TOLD,
    person: { accountsFor: 1, repeatedSession: 1, ...PAST },
  },
  {
    flow: "signature/certificate-choice/device-link/anonymous",
    run: opened(() => startCertificateChoiceLink()),
    session: OPENED,
    account: CAME,
    person: PAST,
  },
  {
    flow: "signature/notification/linked, after its certificate choice",
    before: async () => {
      choice = await opened(() => startCertificateChoiceLink())();
      expect(await endResult(choice)).toBe("OK");
    },
    run: notified("/signature/notification/linked", () => ({ ...aSignature(), linkedSessionID: choice })),
    session: { ...ASKED, follow: 1 },
    sessions: 2,
    account: TOLD,
    // The same request again is the same session without anybody remembering it.
    person: { accountsFor: 1, ...PAST },
  },
  {
    flow: "authentication/notification/etsi of a person with two devices",
    // Its object was never made: it is asked, and cannot answer. The other one hears that it is alone.
    before: async () => {
      await listedAccount(`PNOEE-${PERSON.personalCode}`, "QUALIFIED");
    },
    run: notified("/authentication/notification/etsi", anAuthentication),
    session: ASKED,
    account: { ...TOLD, offer: 2, askAlone: 1 },
    accounts: 2,
    person: { accountsFor: 1, ...PAST },
  },
];

const counters = (): readonly Counted[] => [SessionObject, AccountObject, PersonObject].map(({ prototype }) => count(prototype));

describe("from POST to COMPLETE", () => {
  it.each(FLOWS)("$flow touches few objects, a few times each", async (row) => {
    await row.before?.();
    const counted = counters();
    expect(await endResult(await row.run())).toBe("OK");
    await vi.waitFor(() => expect(counted.map(({ calls }) => calls)).toEqual([row.session, row.account, row.person]), {
      timeout: 20_000,
    });
    const persons = Object.keys(row.person).length === 0 ? 0 : 1;
    expect(counted.map(({ called }) => called.size)).toEqual([row.sessions ?? 1, row.accounts ?? 1, persons]);
  });
});

/** Counts the rows that objects write; setting an alarm is billed as one, too. */
async function countRows(): Promise<() => { readonly rows: number; readonly alarms: number }> {
  const [exec, setAlarm] = await runInDurableObject(env.PERSONS.get(env.PERSONS.newUniqueId()), (_, { storage }) => [
    vi.spyOn(Object.getPrototypeOf(storage.sql) as SqlStorage, "exec"),
    vi.spyOn(Object.getPrototypeOf(storage) as DurableObjectStorage, "setAlarm"),
  ]);
  return () => ({
    rows: exec.mock.results.reduce((rows, { value }) => rows + (value as { rowsWritten: number }).rowsWritten, 0),
    alarms: setAlarm.mock.calls.length,
  });
}

// docs/deploy.md works out prices from these figures.
it.each([
  ["document", 50, 6],
  // Of a person with two devices, as above: the one that cannot answer, and the other one, which hears that it is alone.
  ["etsi", 52, 6],
] as const)("a login by %s writes at most %i rows in objects and sets at most %i alarms", async (by, mostRows, mostAlarms) => {
  const finished = vi.spyOn(env.METERING, "send");
  const recorded = vi.spyOn(env.AUDIT, "send");
  const counted = await countRows();
  expect(await endResult(await notified(`/authentication/notification/${by}`, anAuthentication)())).toBe("OK");
  await vi.waitFor(() => expect(finished).toHaveBeenCalledOnce(), { timeout: 20_000 });
  await vi.waitFor(() => expect(recorded).toHaveBeenCalledOnce(), { timeout: 20_000 });
  const { rows, alarms } = counted();
  expect(rows).toBeGreaterThan(20);
  expect(rows).toBeLessThanOrEqual(mostRows);
  expect(alarms).toBeLessThanOrEqual(mostAlarms);
});
