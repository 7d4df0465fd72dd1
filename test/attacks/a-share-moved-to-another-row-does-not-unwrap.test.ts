// Law 4 of the split key: a wrapped share is bound to its account, purpose, suite, key version, public key, kind and KEK.
// Whatever a thief of the storage moves or exchanges, a right PIN ends as the server's own error: nothing is signed, nothing
// is paid, and with everything back in its place the same transaction is signed.
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { refillSharePool } from "../../durable/share-pool/share-pool.ts";
import { answerChallenge, approveTransaction, listTransactions } from "../../src/authenticator/transactions.ts";
import { PURPOSES, type Purpose } from "../../src/account/purpose.ts";
import { utf8 } from "../../src/protocol/encoding.ts";
import { type KeyEncryptionKey, wrap, type WrappedPlace } from "../../src/vault/wrapping.ts";
import { endResult, startLogin, startSignature } from "../support/demo-party.ts";
import { claimOnly, deviceOn, enrol, PERSON, PINS, pinOf } from "../support/headless-device.ts";
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
  query(handle, "UPDATE key_pair SET server_share = ? WHERE purpose = ?", share.buffer, purpose);

const stateOf = async () => ({
  waiting: await query(handle, "SELECT * FROM pending_transaction"),
  lockout: await query(handle, "SELECT * FROM lockout ORDER BY purpose"),
  epoch: await query(handle, "SELECT epoch FROM account"),
  accepted: await query(handle, "SELECT count(*) AS count FROM accepted_message"),
});

/** A file of its own each time: the same request again within seconds would be the same session. */
const startAndClaim = async (purpose: Purpose) => {
  const { documentNumber } = victim;
  const session = await (purpose === "auth"
    ? startLogin(documentNumber)
    : startSignature(documentNumber, utf8(crypto.randomUUID())));
  return { session, claimed: await claimOnly(victim) };
};
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
        "UPDATE key_pair SET server_share = ?, public_key = ? WHERE purpose = 'sign'",
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
      query(handle, "UPDATE key_pair SET public_key = ? WHERE purpose = 'auth'", publicKey.buffer);
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
    "its suite": () => ({ suite: "" }),
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

  it("the KEK's name: signs nothing", async () => {
    await wrapped(await keyEncryptionKey("kek-0"), placeOf(handle, keys.auth));
    await expectNothingSigned(running);
  });

  it("nothing: is the share, and signs", async () => {
    await wrapped(await keyEncryptionKey(), placeOf(handle, keys.auth));
    await expectSigned(running);
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
