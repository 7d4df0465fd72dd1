// What a relying party started, asked and got is nobody else's: not to be read, waited for, followed, joined or found by guessing, not even
// by a party of the same name, on the same network, with a credential of its own. To all others a session looks like one that never was.
import { env } from "cloudflare:workers";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { AccountObject } from "../../durable/account/account-object.ts";
import { SessionObject } from "../../durable/session/session-object.ts";
import type { AccountSummary } from "../../src/account/objects.ts";
import type { OfferedTransaction } from "../../src/account/transaction.ts";
import { success } from "../../src/account/result.ts";
import { utf8 } from "../../src/protocol/encoding.ts";
import { sessionName } from "../../src/relying-party/session-name.ts";
import { linkOf, type StartedLink } from "../support/device-links.ts";
import { anAuthentication, aSignature, get, listedAccount, post } from "../support/relying-party.ts";
import { signedBy } from "../support/session-start.ts";

const PERSON = "PNOEE-40504040001";
const HERE = "192.0.2.1";

type Headers = Readonly<Record<string, string>>;
interface Party {
  readonly uuid: string;
  readonly token: string;
  readonly headers: Headers;
}

/** All by one name and from one network: only the UUID and the credential tell them apart. */
async function registered(columns: Readonly<Record<string, string | number | null>> = {}): Promise<Party> {
  const [uuid, token] = [crypto.randomUUID(), crypto.randomUUID()];
  const row = { uuid, names: '["DEMO"]', networks: '["192.0.2.0/24"]', credential_sha256: hashOf(token), ...columns };
  const names = Object.keys(row);
  const insert = `INSERT INTO relying_parties (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})`;
  await env.DATABASE.prepare(insert)
    .bind(...Object.values(row))
    .run();
  return { uuid, token, headers: { "cf-connecting-ip": HERE, authorization: `Bearer ${token}` } };
}
const hashOf = (token: string): string => bytesToHex(sha256(utf8(token)));

let owner: Party;
let account: AccountSummary;
/** Everybody who is not the owner, or cannot show it. */
let others: readonly (readonly [string, Headers])[];
const offered: OfferedTransaction[] = [];

beforeAll(async () => {
  vi.spyOn(AccountObject.prototype, "offer").mockImplementation(async (transaction) => {
    offered.push(transaction);
    return success(undefined);
  });
  vi.spyOn(AccountObject.prototype, "withdraw").mockResolvedValue();
  account = await listedAccount(PERSON, "QUALIFIED");
  owner = await registered({ previous_credential_sha256: hashOf("before"), previous_credential_until: Date.now() - 1 });
  const [stranger, disabled] = [await registered(), await registered({ enabled: 0 })];
  others = [
    ["another party of the same name and network", stranger.headers],
    ["a party that was disabled", disabled.headers],
    ["the owner without its credential", { "cf-connecting-ip": HERE }],
    ["the owner from another network", { ...owner.headers, "cf-connecting-ip": "198.51.100.1" }],
    ["the owner from nowhere", { ...owner.headers, "cf-connecting-ip": "" }],
    ["the owner with another's credential beside its own", bearing(`${owner.token}, Bearer ${stranger.token}`)],
    ["the owner with its credential of before", bearing("before")],
    ["the owner with the hash of its credential", bearing(hashOf(owner.token))],
    ["the owner by its UUID", bearing(owner.uuid)],
    ["somebody who says to be the owner", { ...stranger.headers, "x-relying-party": owner.uuid, "x-forwarded-for": HERE }],
  ];
});
afterAll(() => void vi.restoreAllMocks());

const bearing = (token: string): Headers => ({ "cf-connecting-ip": HERE, authorization: `Bearer ${token}` });

const as = (party: Party, body: object): object => ({ ...body, relyingPartyUUID: party.uuid });
interface Started {
  readonly sessionID: string;
  readonly sessionToken?: string;
  readonly sessionSecret?: string;
}

async function start(party: Party, path: string, body: object): Promise<Started> {
  const response = await post(path, as(party, body), party.headers);
  expect(response.status, await response.clone().text()).toBe(200);
  return response.json();
}

/** Each kind of session, running. */
const KINDS: Readonly<Record<string, (party: Party) => Promise<Started>>> = {
  "an authentication": (party) => start(party, `/authentication/notification/etsi/${PERSON}`, anAuthentication()),
  "a signature": (party) => start(party, `/signature/notification/document/${account.documentNumber}`, aSignature()),
  "a certificate choice": (party) =>
    start(party, `/signature/certificate-choice/notification/etsi/${PERSON}`, { relyingPartyName: "DEMO" }),
  "a device link for whoever comes": (party) => start(party, "/authentication/device-link/anonymous", anAuthentication()),
  "a device link for a signature": (party) =>
    start(party, `/signature/device-link/document/${account.documentNumber}`, aSignature()),
};

const objectOf = async ({ sessionID }: Started) => env.SESSIONS.get(env.SESSIONS.idFromName(await sessionName(env, sessionID)));

const linkOfNobody = (sessionToken: string): string =>
  `http://localhost/device-link?deviceLinkType=Web2App&sessionToken=${sessionToken}&sessionType=auth&version=1.0&lang=eng` +
  `&authCode=${"A".repeat(43)}`;

/** All of an answer but the time. */
const whole = async (response: Response): Promise<string> =>
  JSON.stringify([response.status, [...response.headers], await response.text()]);
const nothing = async (): Promise<string> => whole(await get(`/session/${crypto.randomUUID()}?timeoutMs=1000`, owner.headers));

describe.each(Object.keys(KINDS))("%s", (kind) => {
  it("is told to the party that started it alone, running or over; nobody else is even made to wait", async () => {
    const started = await (KINDS[kind] as (party: Party) => Promise<Started>)(owner);
    const path = `/session/${started.sessionID}?timeoutMs=1000`;
    const missing = await nothing();
    const object = await objectOf(started);
    const expectHidden = async (): Promise<void> => {
      const view = vi.spyOn(SessionObject.prototype, "view");
      for (const [who, headers] of others) {
        expect(await whole(await get(path, headers)), who).toBe(missing);
      }
      expect(view.mock.calls.filter(([timeout]) => timeout !== 0)).toEqual([]);
      view.mockRestore();
    };
    await expectHidden();
    // By a link that the party did not make, where it is for anybody; else by the person's answer.
    if (started.sessionToken !== undefined) await object.openLink(account, linkOfNobody(started.sessionToken));
    await object.finish(account.handle, { endResult: "USER_REFUSED", documentNumber: account.documentNumber });
    await expectHidden();
    const answer = await get(path, owner.headers);
    expect([answer.status, (await answer.json<{ state: string }>()).state]).toEqual([200, "COMPLETE"]);
  });

  it("is not found by anything else that belongs to it", async () => {
    const started = await (KINDS[kind] as (party: Party) => Promise<Started>)(owner);
    const { id } = await objectOf(started);
    const transaction = offered.at(-1);
    const names = [
      started.sessionToken,
      started.sessionSecret && encodeURIComponent(started.sessionSecret),
      await sessionName(env, started.sessionID),
      id.toString(),
      transaction?.transactionId,
      transaction?.session,
      started.sessionID.slice(0, -1),
      `${started.sessionID}0`,
      started.sessionID.replaceAll("-", ""),
      `{${started.sessionID}}`,
      `%20${started.sessionID}`,
      `${started.sessionID}%00`,
      `../session/${started.sessionID}x`,
    ].filter((name) => name !== undefined && name !== "");
    const missing = await nothing();
    for (const name of names) expect(await whole(await get(`/session/${name}`, owner.headers)), name).toBe(missing);
  });
});

/** The same in every byte but the UUID. */
const TWICE: Readonly<Record<string, (party: Party) => Promise<Started>>> = {
  "a signature": KINDS["a signature"] as (party: Party) => Promise<Started>,
  "a certificate choice": KINDS["a certificate choice"] as (party: Party) => Promise<Started>,
  "a device link for a signature": KINDS["a device link for a signature"] as (party: Party) => Promise<Started>,
};

it.each(Object.keys(TWICE))("%s that two parties ask for at the same time is two sessions", async (kind) => {
  const [first, second] = [await registered(), await registered()];
  const ask = TWICE[kind] as (party: Party) => Promise<Started>;
  const [one, other, again] = [await ask(first), await ask(second), await ask(first)];
  expect(again).toEqual(one);
  expect(other.sessionID).not.toBe(one.sessionID);
  expect(other.sessionToken === undefined || other.sessionToken !== one.sessionToken).toBe(true);
  expect(other.sessionSecret === undefined || other.sessionSecret !== one.sessionSecret).toBe(true);
});

it("a certificate choice is followed by its own party alone, and whoever tried takes nothing from it", async () => {
  const stranger = await registered();
  const choice = { ...(await choiceOf(owner)) };
  const path = `/signature/notification/linked/${account.documentNumber}`;
  const body = { ...aSignature(), linkedSessionID: choice.sessionID };
  const refusal = async (linkedSessionID: string) =>
    whole(await post(path, as(stranger, { ...body, linkedSessionID }), stranger.headers));
  const unknown = await refusal(crypto.randomUUID());
  expect(JSON.parse(unknown)).toHaveProperty("0", 400);
  for (const name of [choice.sessionID, choice.sessionID.toUpperCase()]) expect(await refusal(name)).toBe(unknown);
  // With the owner's UUID, too.
  for (const [who, headers] of others)
    expect((await post(path, as(owner, body), headers as Record<string, string>)).status, who).toBe(401);
  const followed = await start(owner, path, body);
  expect(await start(owner, path, body)).toEqual(followed);
  expect(await whole(await get(`/session/${followed.sessionID}`, stranger.headers))).toBe(await nothing());
});

/** Over, by device link, as a person would have ended it. */
async function choiceOf(party: Party): Promise<Started> {
  const path = "/signature/certificate-choice/device-link/anonymous";
  const body = { relyingPartyName: "DEMO", nonce: crypto.randomUUID().slice(0, 30) };
  const response = await post(path, as(party, body), party.headers);
  const started = await response.json<StartedLink>();
  const object = env.SESSIONS.get(env.SESSIONS.idFromName(started.sessionToken));
  expect((await object.openLink(account, linkOf({ ...started, body: {}, sessionType: "cert" }))).ok).toBe(true);
  await object.finish(account.handle, signedBy(account));
  return started;
}
