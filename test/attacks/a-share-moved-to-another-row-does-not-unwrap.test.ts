// Law 4 of the split key: a wrapped share is bound to its account, purpose, suite, key version, public key, kind and KEK.
// A wrapped nonce is bound to its transaction too. Whatever a thief of the storage moves or exchanges, a right PIN ends as the server's own
// error: nothing is signed, nothing is paid, and with everything back in its place the same transaction is signed.
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { noncePlace } from "../../durable/account/wrapped-places.ts";
import { refillSharePool } from "../../durable/share-pool/share-pool.ts";
import { ServerUnreachable } from "../../src/authenticator/server-connection.ts";
import { answerChallenge, approveTransaction, claimTransaction, listTransactions } from "../../src/authenticator/transactions.ts";
import { PURPOSES, type Purpose, type Suite } from "../../src/account/purpose.ts";
import type { SignedTransaction } from "../../src/protocol/claimed-transaction.ts";
import { utf8 } from "../../src/protocol/encoding.ts";
import type { KeyEncryptionKey } from "../../src/vault/key-encryption-key.ts";
import { unwrap, wrap, type WrappedPlace } from "../../src/vault/wrapping.ts";
import { ALGORITHMS, endResult, startLogin, startSignature } from "../support/demo-party.ts";
import { deviceOn, enrol, forPin, PERSON, PINS, pinOf } from "../support/headless-device.ts";
import { RawDevice } from "../support/raw-device.ts";
import { seedDemoParty } from "../support/relying-party.ts";
import { keyEncryptionKey, placeOf, query, type StoredKey, storedKey, unwrappedShare } from "../support/server-vault.ts";

type Device = Awaited<ReturnType<typeof enrol>>;

const SERVER_ERROR = { ok: false, failure: { code: "server_error" } };
const OTHER_PERSON = { ...PERSON, givenName: "JAAN", personalCode: "40504040001" };

let victim: Device;
let handle: string;
let otherHandle: string;
const keys = {} as Record<Purpose, StoredKey>;
const otherKeys = {} as Record<Purpose, StoredKey>;

beforeAll(async () => {
  await seedDemoParty();
  victim = await enrol();
  const thief = await enrol(OTHER_PERSON);
  handle = (await victim.storage.read())?.handle ?? "";
  otherHandle = (await thief.storage.read())?.handle ?? "";
  for (const purpose of PURPOSES) {
    keys[purpose] = await storedKey(handle, purpose);
    otherKeys[purpose] = await storedKey(otherHandle, purpose);
  }
}, 120_000);

const setShare = (purpose: Purpose, share: Uint8Array<ArrayBuffer>): Promise<unknown> =>
  query(handle, "UPDATE key_pair SET server_share = ? WHERE purpose = ? AND suite = 'rsa'", share.buffer, purpose);

const stateOf = async () => ({
  waiting: await query(handle, "SELECT * FROM pending_transaction"),
  lockout: await query(handle, "SELECT * FROM lockout ORDER BY purpose"),
  epoch: await query(handle, "SELECT epoch FROM account"),
  accepted: await query(handle, "SELECT count(*) AS count FROM accepted_message"),
});

/** A file of its own each time: the same request again within seconds would be the same session. */
const startAndClaim = async (purpose: Purpose, suite: Suite = "rsa") => {
  const { documentNumber } = victim;
  const session = await (purpose === "auth"
    ? startLogin(documentNumber, undefined, undefined, ALGORITHMS[suite])
    : startSignature(documentNumber, utf8(crypto.randomUUID()), ALGORITHMS[suite]));
  return { session, claimed: await claimNewest() };
};

/** The transaction that was not claimed yet. */
async function claimNewest(): Promise<SignedTransaction> {
  const [row] = await query(handle, "SELECT transaction_id FROM pending_transaction WHERE claimed = 0");
  const claimed = await claimTransaction(victim.client, row?.["transaction_id"] as string);
  if (!claimed.ok) throw new Error(claimed.failure.code);
  return forPin(claimed.value);
}
type Running = Awaited<ReturnType<typeof startAndClaim>>;

/** A right PIN with the storage as it is now. That the session was still open shows when it is signed in the end. */
async function expectNothingSigned({ claimed }: Running): Promise<void> {
  const before = await stateOf();
  expect(await approveTransaction(victim.client, claimed, pinOf(PINS[claimed.purpose]))).toEqual(SERVER_ERROR);
  expect(await stateOf()).toEqual(before);
}

async function expectSigned({ session, claimed }: Running): Promise<void> {
  expect(await approveTransaction(victim.client, claimed, pinOf(PINS[claimed.purpose]))).toEqual({ ok: true, value: undefined });
  expect(await endResult(session)).toBe("OK");
}

/** A right PIN after each change to the storage, then again with everything back. */
async function rightPinAfter(
  purpose: Purpose,
  changes: readonly (() => Promise<unknown>)[],
  restore: () => Promise<unknown>,
): Promise<void> {
  const running = await startAndClaim(purpose);
  for (const change of changes) {
    await change();
    try {
      await expectNothingSigned(running);
    } finally {
      await restore();
    }
  }
  await expectSigned(running);
}

const rightPinWith = (purpose: Purpose, ...shares: readonly Uint8Array<ArrayBuffer>[]): Promise<void> => {
  const changes = shares.map((share) => () => setShare(purpose, share));
  return rightPinAfter(purpose, changes, () => setShare(purpose, keys[purpose].serverShare));
};

describe("a share in the wrong row", () => {
  it("of another account, of the same purpose and version, signs nothing", async () => {
    expect(otherKeys.auth.keyVersion).toBe(keys.auth.keyVersion);
    await rightPinWith("auth", otherKeys.auth.serverShare);
  });

  it("of another account, with that account's public key beside it, signs nothing", async () => {
    const setBoth = ({ serverShare, publicKey }: StoredKey): Promise<unknown> =>
      query(
        handle,
        "UPDATE key_pair SET server_share = ?, public_key = ? WHERE purpose = 'sign' AND suite = 'rsa'",
        serverShare.buffer,
        publicKey.buffer,
      );
    await rightPinAfter("sign", [() => setBoth(otherKeys.sign)], () => setBoth(keys.sign));
  });

  it("of the other purpose signs nothing", async () => {
    await rightPinWith("auth", keys.sign.serverShare);
    await rightPinWith("sign", keys.auth.serverShare);
  });

  it("from the pool signs nothing", async () => {
    await refillSharePool({ ...env, SHARE_POOL_SIZE: "1" });
    const pooled = await env.DATABASE.prepare("SELECT wrapped FROM server_share_pool").first<{ wrapped: number[] }>();
    await rightPinWith("auth", new Uint8Array(pooled?.wrapped ?? []));
  });

  it("beside another public key signs nothing", async () => {
    const setKey = (publicKey: Uint8Array<ArrayBuffer>): Promise<unknown> =>
      query(handle, "UPDATE key_pair SET public_key = ? WHERE purpose = 'auth' AND suite = 'rsa'", publicKey.buffer);
    const others = [otherKeys.auth.publicKey, keys.sign.publicKey].map((publicKey) => () => setKey(publicKey));
    await rightPinAfter("auth", others, () => setKey(keys.auth.publicKey));
  });

  it("whose bytes were changed, cut or lost signs nothing", async () => {
    const { serverShare } = keys.sign;
    const changed = [0, 12, 30, serverShare.length - 1].map((index) => serverShare.with(index, (serverShare[index] ?? 0) ^ 1));
    const cut = [0, 20, serverShare.length - 1].map((length) => serverShare.slice(0, length));
    await rightPinWith("sign", ...changed, ...cut);
  });
});

describe("the right share, wrapped under the KEK for a place that differs in one thing alone", () => {
  const differences: Readonly<Record<string, (place: WrappedPlace) => Partial<WrappedPlace>>> = {
    "its kind": () => ({ kind: "pooled-share" }),
    "its account": () => ({ account: otherHandle }),
    "its purpose": () => ({ purpose: "sign" }),
    "its suite": () => ({ suite: "ed25519" }),
    "its key version": ({ keyVersion }) => ({ keyVersion: keyVersion + 1 }),
    "its public key": () => ({ publicKey: otherKeys.auth.publicKey }),
  };

  let running: Running;
  let share: Uint8Array;
  const wrapped = async (kek: KeyEncryptionKey, place: WrappedPlace) => setShare("auth", await wrap(kek, place, share));

  beforeAll(async () => {
    share = await unwrappedShare(handle, "auth");
    running = await startAndClaim("auth");
  });

  it.each(Object.keys(differences))("%s: signs nothing", async (name) => {
    const place = placeOf(handle, keys.auth);
    await wrapped(await keyEncryptionKey(), { ...place, ...differences[name]?.(place) });
    await expectNothingSigned(running);
  });

  it("the KEK's name, where there is none of that name: signs nothing, and is called an outage that costs nothing", async () => {
    await wrapped(await keyEncryptionKey("kek-0"), placeOf(handle, keys.auth));
    const before = await stateOf();
    const logged = vi.spyOn(console, "error").mockReturnValue();
    await expect(approveTransaction(victim.client, running.claimed, pinOf(PINS.auth))).rejects.toThrow(ServerUnreachable);
    expect(logged.mock.calls.join()).toContain("the KEK kek-0 is missing");
    logged.mockRestore();
    expect(await stateOf()).toEqual(before);
  });

  it("nothing: is the share, and signs", async () => {
    await wrapped(await keyEncryptionKey(), placeOf(handle, keys.auth));
    await expectSigned(running);
  });
});

describe("suite ed25519, whose every transaction has a nonce of its own:", () => {
  let running: Running;
  let other: Running;
  let key: StoredKey;
  let stood: Uint8Array<ArrayBuffer>;
  let nonce: Uint8Array<ArrayBuffer>;

  const setNonce = (wrapped: Uint8Array<ArrayBuffer>): Promise<unknown> =>
    query(
      handle,
      "UPDATE pending_transaction SET nonce = ? WHERE transaction_id = ?",
      wrapped.buffer,
      running.claimed.transactionId,
    );
  const storedNonce = async (transactionId: string): Promise<Uint8Array<ArrayBuffer>> => {
    const [row] = await query(handle, "SELECT nonce FROM pending_transaction WHERE transaction_id = ?", transactionId);
    return new Uint8Array(row?.["nonce"] as ArrayBuffer);
  };
  /** What was damaged, claimed again: the offer that stands may have been used, and another is drawn. */
  const claimAgain = async (): Promise<void> => {
    const claimed = await claimTransaction(victim.client, running.claimed.transactionId);
    if (!claimed.ok) throw new Error(claimed.failure.code);
    running = { ...running, claimed: forPin(claimed.value) };
    stood = await storedNonce(running.claimed.transactionId);
    nonce = await opened(stood, running.claimed.transactionId);
  };
  const opened = async (wrapped: Uint8Array, subject: string): Promise<Uint8Array<ArrayBuffer>> =>
    (await unwrap(await keyEncryptionKey(), noncePlace(handle, key, subject), wrapped)) ?? new Uint8Array();

  /** A right PIN pays nothing and signs nothing; the offer is thrown away with its nonce. */
  async function expectNothingSignedWith(wrapped: Uint8Array<ArrayBuffer>): Promise<void> {
    await setNonce(wrapped);
    const before = await stateOf();
    expect(await approveTransaction(victim.client, running.claimed, pinOf(PINS.auth))).toEqual(SERVER_ERROR);
    const { lockout, accepted } = before;
    expect(await stateOf()).toMatchObject({ lockout, accepted });
    expect(await query(handle, "SELECT nonce FROM pending_transaction WHERE nonce IS NULL")).toHaveLength(1);
    await claimAgain();
  }

  beforeAll(async () => {
    key = await storedKey(handle, "auth", "ed25519");
    other = await startAndClaim("auth", "ed25519");
    running = await startAndClaim("auth", "ed25519");
    await claimAgain();
  });

  it("the nonce of another transaction of the same key is not this one's, not even with its commitment beside it", async () => {
    expect(nonce.length).toBeGreaterThan(64);
    // Two messages signed with one nonce would give the server's share away.
    await query(
      handle,
      "UPDATE pending_transaction SET (offer, nonce) = (SELECT offer, nonce FROM pending_transaction WHERE transaction_id = ?) WHERE transaction_id = ?",
      other.claimed.transactionId,
      running.claimed.transactionId,
    );
    await claimAgain();
    expect(running.claimed.offer).toEqual(other.claimed.offer);
    expect(nonce).toHaveLength(0);
    await expectNothingSignedWith(stood);
  });

  const differences: Readonly<Record<string, (place: WrappedPlace) => Partial<WrappedPlace>>> = {
    "its kind": () => ({ kind: "server-share" }),
    "its account": () => ({ account: otherHandle }),
    "its purpose": () => ({ purpose: "sign" }),
    "its suite": () => ({ suite: "rsa" }),
    "its key version": ({ keyVersion }) => ({ keyVersion: keyVersion + 1 }),
    "its public key": () => ({ publicKey: keys.auth.publicKey }),
    "its transaction": () => ({ subject: other.claimed.transactionId }),
    "that it is for a transaction": () => ({ subject: "" }),
  };
  it.each(Object.keys(differences))("a nonce that was wrapped for a place that differs in %s does not unwrap", async (name) => {
    const place = noncePlace(handle, key, running.claimed.transactionId);
    await expectNothingSignedWith(await wrap(await keyEncryptionKey(), { ...place, ...differences[name]?.(place) }, nonce));
  });

  it("a share of the other suite, of the other purpose or of another account does not unwrap", async () => {
    const place = async (share: Uint8Array<ArrayBuffer>): Promise<unknown> =>
      query(handle, "UPDATE key_pair SET server_share = ? WHERE purpose = 'auth' AND suite = 'ed25519'", share.buffer);
    const others = [keys.auth, await storedKey(handle, "sign", "ed25519"), await storedKey(otherHandle, "auth", "ed25519")];
    for (const { serverShare } of others) {
      await place(serverShare);
      await expectNothingSigned(running);
    }
    await place(key.serverShare);
  });

  it("with everything in its place both are signed", async () => {
    await expectSigned(running);
    await expectSigned(other);
  });
});

it("a challenge to a copied device is not evaluated with a moved share: nothing is paid, nobody is closed", async () => {
  const copy = deviceOn(victim.storage.copy());
  await listTransactions(victim.client);
  const outOfStep = await listTransactions(copy.client);
  if (outOfStep.ok || outOfStep.failure.code !== "out_of_step") throw new Error("the copy is in step");
  const { challenge } = outOfStep.failure;
  if (challenge === undefined) throw new Error("the copy was not challenged");
  await setShare("auth", otherKeys.auth.serverShare);
  expect(await answerChallenge(copy.client, challenge, pinOf(PINS.auth))).toEqual(SERVER_ERROR);
  expect(await query(handle, "SELECT wrong_answers FROM clone_watch")).toEqual([{ wrong_answers: 0 }]);
  await setShare("auth", keys.auth.serverShare);
  await expectSigned(await startAndClaim("auth"));
});

it("the secret part of the answer to one request is in the answer to no other", async () => {
  vi.spyOn(console, "error").mockReturnValue();
  const raw = new RawDevice(victim.storage.record);
  const secretOf = async () => (await query(handle, "SELECT secret FROM answer WHERE lane = 'step'"))[0]?.["secret"] ?? null;
  await raw.send(raw.request("openLiveChannel", {}));
  const first = await secretOf();
  const request = raw.request("openLiveChannel", {});
  const answered = await raw.send(request);
  const own = await secretOf();
  await query(handle, "UPDATE answer SET secret = ? WHERE lane = 'step'", first);
  const instead = { ...answered, outcome: SERVER_ERROR };
  expect(await raw.send(request)).toEqual(instead);
  await query(handle, "UPDATE answer SET secret = ? WHERE lane = 'step'", own);
  expect(await raw.send(request)).toEqual(answered);
});
