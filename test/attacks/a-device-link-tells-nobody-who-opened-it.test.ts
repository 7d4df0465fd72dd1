// A page starts a session for a person and sends its visitor to the link of it, spoilt or not: a browser with one account opens it by itself.
// As long as nobody presses anything, the page sees the same of its session whoever the visitor is.
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { MAXIMUM_PENDING_TRANSACTIONS } from "../../src/account/account-state.ts";
import { loadSession } from "../../durable/session/session-store.ts";
import { completionAt, DELIVERY_ALLOWANCE, TIME_TO_ANSWER } from "../../src/account/session.ts";
import { listTransactions, openDeviceLink, refuseTransaction } from "../../src/authenticator/transactions.ts";
import { type MeteredSession, meteredSessionOf } from "../../src/metering/metered-session.ts";
import { ALGORITHMS, randomChallenge, sessionStatus } from "../support/demo-party.ts";
import { CALLBACK, linkOf, startAuthenticationLink, type StartedLink } from "../support/device-links.ts";
import { accountStub, enrol, type HeadlessDevice, PERSON } from "../support/headless-device.ts";
import { seedDemoParty } from "../support/relying-party.ts";

type Enrolled = HeadlessDevice & { readonly documentNumber: string };

const MARI = `PNOEE-${PERSON.personalCode}`;

let mari: Enrolled;
let juri: Enrolled;

beforeAll(async () => {
  await seedDemoParty();
  mari = await enrol();
  juri = await enrol({ ...PERSON, givenName: "JÜRI", personalCode: "40504040001" });
});
afterEach(async () => {
  vi.useRealTimers();
  for (const each of [mari, juri]) await query(each, "DELETE FROM pending_transaction");
});

const query = ({ storage }: Enrolled, statement: string) =>
  runInDurableObject(accountStub(storage.record), (_instance, object) => object.storage.sql.exec(statement).toArray());

const forMari = (changes: object = {}): Promise<StartedLink> =>
  startAuthenticationLink(`etsi/${MARI}`, { initialCallbackUrl: CALLBACK, nonce: crypto.randomUUID().slice(0, 30), ...changes });

async function codeOf(visitor: Enrolled, link: string): Promise<string> {
  const opened = await openDeviceLink(visitor.client, link);
  return opened.ok ? "opened" : opened.failure.code;
}

/** What the party's bill is made of. */
const billed = ({ sessionToken }: StartedLink): Promise<Partial<MeteredSession> | undefined> =>
  runInDurableObject(env.SESSIONS.get(env.SESSIONS.idFromName(sessionToken)), (_instance, { storage }) => {
    const session = loadSession(storage);
    const completion = session && completionAt(session, Date.now());
    const metered = session && completion && meteredSessionOf(session, completion);
    return metered && { ...metered, id: "", finishedAt: 0 };
  });

/** What the party sees at once, when the time is over, and on its bill. */
async function seen(sessions: readonly StartedLink[]): Promise<readonly unknown[]> {
  const look = () => Promise.all(sessions.map(({ sessionID }) => sessionStatus(sessionID)));
  const atOnce = await look();
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + TIME_TO_ANSWER + DELIVERY_ALLOWANCE });
  const atTheEnd = await look();
  const counted = await Promise.all(sessions.map(billed));
  vi.useRealTimers();
  return [atOnce, atTheEnd, counted];
}

const spoilt = (link: string): string => link.slice(0, -1) + (link.endsWith("A") ? "B" : "A");

type Attack = (visitor: Enrolled) => Promise<readonly StartedLink[]>;

/** A visitor opens the links that these make of a session for Mari, one behind the other. */
const sending =
  (...links: readonly ((started: StartedLink) => string)[]): Attack =>
  async (visitor) => {
    const started = await forMari();
    for (const make of links) await codeOf(visitor, make(started));
    return [started];
  };

const right = (started: StartedLink): string => linkOf(started, "Web2App");

const ATTACKS: readonly (readonly [string, Attack])[] = [
  ["a link with another authCode", sending((started) => spoilt(right(started)))],
  ["a link of another form", sending((started) => right(started).replace("lang=eng", "lang=en"))],
  [
    "a button of a session that returns nowhere",
    async (visitor) => {
      const started = await forMari({ initialCallbackUrl: undefined });
      await codeOf(visitor, right(started));
      return [started];
    },
  ],
  ["the right link", sending(right)],
  ["the right link, and then a spoilt one", sending(right, (started) => spoilt(right(started)))],
  [
    "more links than are kept",
    async (visitor) => {
      const sessions = [];
      for (let number = 0; number <= MAXIMUM_PENDING_TRANSACTIONS; number++) sessions.push(await forMari());
      for (const each of sessions) await codeOf(visitor, right(each));
      return sessions;
    },
  ],
  [
    "a link that asks for a key which not everybody has",
    async (visitor) => {
      await query(visitor, "UPDATE key_pair SET state = 'destroyed', server_share = NULL WHERE suite = 'ed25519'");
      const { signatureAlgorithm, hashAlgorithm } = ALGORITHMS.ed25519;
      const signatureAlgorithmParameters = { hashAlgorithm };
      const signatureProtocolParameters = { rpChallenge: randomChallenge(), signatureAlgorithm, signatureAlgorithmParameters };
      const started = await forMari({ signatureProtocolParameters });
      await codeOf(visitor, right(started));
      return [started];
    },
  ],
];

describe("a page that sends its visitor to", () => {
  it.each(ATTACKS)("%s sees the same of Mari and of anybody else", async (_what, attack) => {
    const ofMari = await seen(await attack(mari));
    expect(ofMari).toEqual(await seen(await attack(juri)));
    const [atOnce, , counted] = ofMari as readonly (readonly unknown[])[];
    for (const each of counted ?? []) expect(each).toMatchObject({ flow: "none", result: "TIMEOUT" });
    expect(counted).toHaveLength(atOnce?.length ?? 0);
    expect(new Set(atOnce?.map((each) => JSON.stringify(each)))).toEqual(new Set(['{"state":"RUNNING"}']));
  });

  it("the right link, and comes after with an account of its own, is told the same whether Mari was there or not", async () => {
    const [visited, unvisited] = [await forMari(), await forMari()];
    expect(await codeOf(mari, right(visited))).toBe("opened");
    for (const each of [visited, unvisited]) expect(await codeOf(juri, right(each))).toBe("not_for_this_account");
  });

  it("link after link throws out nothing that the person opened, who can make room", async () => {
    const own = await forMari();
    expect(await codeOf(mari, right(own))).toBe("opened");
    const [first] = await waiting();
    for (let number = 1; number < MAXIMUM_PENDING_TRANSACTIONS; number++) {
      expect(await codeOf(mari, right(await forMari()))).toBe("opened");
    }
    const late = await forMari();
    expect(await codeOf(mari, right(late))).toBe("too_many_opened");
    expect(await waiting()).toContain(first);
    // Again is no other one.
    expect(await codeOf(mari, right(own))).toBe("opened");
    expect(await waiting()).toHaveLength(MAXIMUM_PENDING_TRANSACTIONS);

    expect((await refuseTransaction(mari.client, first ?? "", "USER_REFUSED")).ok).toBe(true);
    expect(await codeOf(mari, right(late))).toBe("opened");
  });

  const waiting = async (): Promise<readonly string[]> => {
    const listed = await listTransactions(mari.client);
    return listed.ok ? listed.value.map(({ transactionId }) => transactionId) : [];
  };
});
