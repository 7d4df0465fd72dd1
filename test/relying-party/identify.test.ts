import { env } from "cloudflare:workers";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { describe, expect, test } from "vitest";
import type { Environment } from "../../src/environment.ts";
import { utf8 } from "../../src/protocol/encoding.ts";
import { type Caller, isCallerOf } from "../../src/relying-party/caller.ts";
import { DEMO_PARTY_SQL, DEMO_PARTY_UUID } from "../../src/relying-party/demo-party.ts";
import { forbidden, identifyRelyingParty } from "../../src/relying-party/identify.ts";
import type { RelyingParty } from "../../src/relying-party/registration.ts";
import { findRelyingParty } from "../../src/relying-party/registry.ts";

const production: Environment = { ...env, LOCAL_MODE: "false" };
const local: Environment = { ...env, LOCAL_MODE: "true" };
const TOKEN = "correct-horse.battery~staple+/42==";

interface Registration {
  readonly names?: readonly string[];
  readonly networks?: readonly string[];
  readonly token?: string;
  readonly enabled?: number;
  readonly uuid?: string;
}

/** The UUID of a party that nobody has asked for yet. */
async function registered({
  names = ["Bank"],
  networks = ["192.0.2.0/24"],
  token,
  enabled = 1,
  uuid = crypto.randomUUID(),
}: Registration): Promise<string> {
  const insert = "INSERT INTO relying_parties (uuid, names, networks, credential_sha256, enabled) VALUES (?, ?, ?, ?, ?)";
  const credential = token === undefined ? null : bytesToHex(sha256(utf8(token)));
  await env.DATABASE.prepare(insert).bind(uuid, JSON.stringify(names), JSON.stringify(networks), credential, enabled).run();
  return uuid;
}

const from = (address: string | undefined, authorization?: string): Caller => ({ address, authorization });
async function verdict(environment: Environment, caller: Caller, uuid: string, name = "Bank"): Promise<string> {
  const identified = await identifyRelyingParty(environment, caller, { relyingPartyUUID: uuid, relyingPartyName: name });
  return identified.ok ? "identified" : identified.failure.kind;
}

describe("a relying party bound to networks", () => {
  test("is identified from there", async () => {
    const uuid = await registered({});
    expect(await verdict(production, from("192.0.2.9"), uuid)).toBe("identified");
    expect(await verdict(production, from("::ffff:192.0.2.9"), uuid)).toBe("identified");
  });

  test.each(["192.0.3.9", "2a06:98c0:3600::103", "unknown", undefined])("is not identified from %s", async (address) => {
    const uuid = await registered({ networks: ["192.0.2.0/24", "2a06:98c0::/29"] });
    expect(await verdict(production, from(address), uuid)).toBe("relying_party_not_identified");
  });

  test("with a credential needs both", async () => {
    const uuid = await registered({ token: TOKEN });
    expect(await verdict(production, from("192.0.2.9"), uuid)).toBe("relying_party_not_identified");
    expect(await verdict(production, from("198.51.100.1", `Bearer ${TOKEN}`), uuid)).toBe("relying_party_not_identified");
    expect(await verdict(production, from("192.0.2.9", `Bearer ${TOKEN}`), uuid)).toBe("identified");
  });
});

test("a row with the UUID of practice logins is none, whoever wrote it: what came under it would be told and counted nowhere", async () => {
  const uuid = await registered({ uuid: "00000000-0000-0000-0000-000000000000" });
  await expect(verdict(production, from("192.0.2.9"), uuid)).rejects.toThrow("nil UUID");
});

describe("a relying party with a credential alone", () => {
  test("is identified from anywhere that is one sender", async () => {
    const uuid = await registered({ networks: [], token: TOKEN });
    expect(await verdict(production, from("198.51.100.1", `Bearer ${TOKEN}`), uuid)).toBe("identified");
    expect(await verdict(production, from("2a06:98c0:3600::103", `Bearer ${TOKEN}`), uuid)).toBe("relying_party_not_identified");
  });

  test.each([
    undefined,
    "",
    TOKEN,
    `Basic ${TOKEN}`,
    `Bearer ${TOKEN}x`,
    `Bearer ${TOKEN.slice(1)}`,
    "Bearer ",
    `Bearer ${TOKEN} x`,
  ])("is not identified by %j, in local mode neither", async (authorization) => {
    const uuid = await registered({ networks: [], token: TOKEN });
    for (const environment of [production, local]) {
      expect(await verdict(environment, from("198.51.100.1", authorization), uuid)).toBe("relying_party_not_identified");
    }
  });
});

describe("the credential of before", () => {
  const [old, until] = ["the-old-one", Date.now() + 3_600_000];
  const hash = (token: string): string => bytesToHex(sha256(utf8(token)));
  const withCredentials = async (previous: string, current: string | null) => {
    const uuid = await registered({ networks: [] });
    const set = `UPDATE relying_parties SET credential_sha256 = ?, previous_credential_sha256 = ?, previous_credential_until = ?
      WHERE uuid = ?`;
    await env.DATABASE.prepare(set)
      .bind(current === null ? null : hash(current), hash(previous), until, uuid)
      .run();
    const party = await findRelyingParty(production, uuid);
    if (party === undefined) throw new Error("it was registered just now");
    return party;
  };
  const bearer = (token: string): Caller => from("198.51.100.1", `Bearer ${token}`);

  test("is good beside the new one until its time, and not longer", async () => {
    const party = await withCredentials(old, TOKEN);
    for (const token of [old, TOKEN]) expect(isCallerOf(party, bearer(token), false, until - 1)).toBe(true);
    expect(isCallerOf(party, bearer("neither"), false, until - 1)).toBe(false);
    expect(isCallerOf(party, bearer(old), false, until)).toBe(false);
    expect(isCallerOf(party, bearer(TOKEN), false, until)).toBe(true);
  });

  test("is nothing by itself", async () => {
    expect(isCallerOf(await withCredentials(old, null), bearer(old), false, until - 1)).toBe(false);
  });
});

test("a relying party with neither networks nor credential is nobody outside local mode", async () => {
  const uuid = await registered({ networks: [] });
  expect(await verdict(production, from("127.0.0.1"), uuid)).toBe("relying_party_not_identified");
  expect(await verdict(local, from("127.0.0.1"), uuid)).toBe("identified");
});

describe("the name", () => {
  test.each(["Bank", "BANK", "bank", "Pank", "PÕHJA pank"])("may be %s whatever its case", async (name) => {
    const uuid = await registered({ names: ["Bank", "Pank", "Põhja Pank"] });
    expect(await verdict(production, from("192.0.2.9"), uuid, name)).toBe("identified");
  });

  test.each(["Ban", "Bank ", "B\u0430nk"])("may not be %j", async (name) => {
    const uuid = await registered({});
    expect(await verdict(production, from("192.0.2.9"), uuid, name)).toBe("relying_party_not_identified");
  });
});

describe("the registry", () => {
  test("knows neither strangers nor disabled parties", async () => {
    expect(await verdict(production, from("192.0.2.9"), crypto.randomUUID())).toBe("unknown_relying_party");
    expect(await verdict(production, from("192.0.2.9"), await registered({ enabled: 0 }))).toBe("unknown_relying_party");
  });

  test("remembers a party for a minute, and not longer", async () => {
    const uuid = await registered({});
    const now = Date.now();
    expect(await findRelyingParty(production, uuid, now)).toBeDefined();
    await env.DATABASE.prepare("UPDATE relying_parties SET enabled = 0 WHERE uuid = ?").bind(uuid).run();
    expect(await findRelyingParty(production, uuid, now + 59_999)).toBeDefined();
    expect(await findRelyingParty(production, uuid, now + 60_000)).toBeUndefined();
  });

  test("remembers no stranger: a party counts as soon as it is registered", async () => {
    const uuid = crypto.randomUUID();
    expect(await findRelyingParty(production, uuid)).toBeUndefined();
    const insert = "INSERT INTO relying_parties (uuid, names) VALUES (?, '[\"Late\"]')";
    await env.DATABASE.prepare(insert).bind(uuid).run();
    expect(await findRelyingParty(production, uuid)).toMatchObject({ names: ["Late"] });
  });

  test.each([
    ["networks", '["192.0.2.0"]', /CIDR/],
    ["networks", "192.0.2.0/24", /expected array/],
    ["names", '["Bank","bANK"]', /twice/],
    ["names", '["Bank\\nof"]', /cannot be shown/],
    ["names", '["Bank","tALLY"]', /the service's own/],
    ["names", JSON.stringify(["Ä".repeat(17)]), /32 bytes/],
    ["names", "[]", /at least 1/],
    ["credential_sha256", "0", /SHA-256/],
    ["endpoints", '["everything"]', /endpoints/],
    ["may_learn_client_address", 2, /may_learn/],
  ])("does not guess at a row that is malformed (%s: %j), and serves the others", async (column, value, reason) => {
    const [uuid, other] = [await registered({}), await registered({})];
    await env.DATABASE.prepare(`UPDATE relying_parties SET ${column} = ? WHERE uuid = ?`).bind(value, uuid).run();
    await expect(findRelyingParty(production, uuid)).rejects.toThrow(reason);
    expect(await verdict(production, from("192.0.2.9"), other)).toBe("identified");
  });
});

describe("the DEMO party", () => {
  test("exists in local mode and on the loopback alone", async () => {
    await env.DATABASE.prepare(DEMO_PARTY_SQL).run();
    await env.DATABASE.prepare(DEMO_PARTY_SQL).run();
    expect(await verdict(local, from("127.0.0.1"), DEMO_PARTY_UUID, "demo")).toBe("identified");
    expect(await verdict(local, from("::1"), DEMO_PARTY_UUID, "DEMO")).toBe("identified");
    expect(await verdict(local, from("192.168.1.5"), DEMO_PARTY_UUID, "DEMO")).toBe("relying_party_not_identified");
  });

  test.each(["false", "", "TRUE", "1"])("does not exist where LOCAL_MODE is %j, even if it stands in the table", async (mode) => {
    await env.DATABASE.prepare(DEMO_PARTY_SQL).run();
    expect(await verdict({ ...env, LOCAL_MODE: mode }, from("127.0.0.1"), DEMO_PARTY_UUID, "DEMO")).toBe("unknown_relying_party");
  });
});

describe("permissions", () => {
  const party: RelyingParty = {
    uuid: "",
    names: [],
    networks: [],
    credential_sha256: null,
    previous_credential_sha256: null,
    previous_credential_until: null,
    endpoints: ["authentication"],
    flows: ["device-link"],
    levels: ["ADVANCED"],
    capabilities: ["agreed"],
    may_learn_client_address: 0,
    rate_limit: "standard",
    enabled: 1,
  };
  const modest = {
    endpoint: "authentication",
    flow: "device-link",
    level: "ADVANCED",
    capabilities: [],
    shareClientAddress: false,
  } as const;

  test("cover endpoint, flow, level, capabilities and the device's address, each by itself", () => {
    expect(forbidden(party, modest)).toBeUndefined();
    expect(forbidden(party, { ...modest, endpoint: "signature" })?.kind).toBe("forbidden");
    expect(forbidden(party, { ...modest, flow: "notification" })?.kind).toBe("forbidden");
    expect(forbidden(party, { ...modest, capabilities: ["agreed", "ADVANCED"] })).toBeUndefined();
    expect(forbidden(party, { ...modest, capabilities: ["QUALIFIED"] })?.kind).toBe("forbidden");
    expect(forbidden(party, { ...modest, capabilities: ["agreed", "unheard of"] })?.kind).toBe("forbidden");
    expect(forbidden(party, { ...modest, level: "QUALIFIED" })?.kind).toBe("forbidden");
    expect(forbidden(party, { ...modest, shareClientAddress: true })?.kind).toBe("forbidden");
    expect(forbidden({ ...party, may_learn_client_address: 1 }, { ...modest, shareClientAddress: true })).toBeUndefined();
  });
});
