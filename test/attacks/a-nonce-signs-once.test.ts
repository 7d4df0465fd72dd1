// Suite `ed25519`: the server's nonce signs one message, once. Two signatures with one nonce would give its share away; a nonce that is
// thrown away for a wrong PIN would let anybody who sends nonsense stop a person from signing.
import { evictDurableObject } from "cloudflare:test";
import { ed25519 } from "@noble/curves/ed25519.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { AccountStore } from "../../durable/account/account-store.ts";
import { TransactionStore } from "../../durable/account/transaction-store.ts";
import { sharePlace } from "../../durable/account/wrapped-places.ts";
import { acspV2Payload } from "../../src/protocol/acsp-v2.ts";
import { hash } from "../../src/protocol/algorithms.ts";
import type { SignedTransaction } from "../../src/protocol/claimed-transaction.ts";
import { concatBytes, fromBase64Url, toBase64Url } from "../../src/protocol/encoding.ts";
import { ed25519ServerHalf } from "../../src/split-key/ed25519/server-half.ts";
import { openServerShare, sealServerShare } from "../../src/split-key/ed25519/server-records.ts";
import { serverHalves } from "../../src/split-key/server-halves.ts";
import { unwrap, wrap } from "../../src/vault/wrapping.ts";
import { type Attempt, Attempts } from "../support/attempts.ts";
import { BAD_POINTS, movedByTorsion } from "../support/bad-points.ts";
import { endResult } from "../support/demo-party.ts";
import { attemptRequest, contributionOver, deliver, openAnswer, sealRequest } from "../support/handmade-messages.ts";
import { enrol, PINS } from "../support/headless-device.ts";
import { seedDemoParty } from "../support/relying-party.ts";
import { keyEncryptionKey } from "../support/server-vault.ts";

let account: Attempts;
/** How often in this test. */
let evaluated = 0;
/** Of every signature that was ever finished here: the commitment that stood behind it, and what it shows of the nonce. */
const finished: { readonly commitment: string; readonly signature: string; readonly message: string }[] = [];

beforeAll(async () => {
  await seedDemoParty();
  account = new Attempts(await enrol());
});
beforeEach(() => {
  evaluated = 0;
  const real = ed25519ServerHalf.evaluate.bind(ed25519ServerHalf);
  vi.spyOn(serverHalves.ed25519, "evaluate").mockImplementation((input) => {
    evaluated += 1;
    const evaluation = real(input);
    if (evaluation.verdict === "right") {
      const commitment = JSON.stringify(input.offer);
      finished.push({ commitment, signature: bytesToHex(evaluation.signature), message: bytesToHex(input.message.digest) });
    }
    return evaluation;
  });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await account.clear();
});

const stored = () => account.query("SELECT transaction_id, offer, nonce FROM pending_transaction ORDER BY expires_at");

describe("a right contribution", () => {
  it("takes commitment and nonce with it, so that the same once more, or another, meets nothing", async () => {
    const { claimed, sessionID } = await account.wait("ed25519");
    const sent = await account.contribution(claimed, "right");
    expect(await account.send(claimed, sent)).toBe("signed");
    expect(await stored()).toEqual([]);
    expect(await account.send(claimed, sent)).toBe("no_such_transaction");
    expect(await account.try(claimed, "right")).toBe("no_such_transaction");
    expect(evaluated).toBe(1);
    expect(await endResult(sessionID)).toBe("OK");
  });

  it("gives one signature where two over different messages come at the same time, both in step", async () => {
    const { claimed } = await account.wait("ed25519");
    if (claimed.kind !== "authentication") throw new Error("no login");
    const first = await account.contribution(claimed, "right");
    const userChallenge = toBase64Url(new Uint8Array(32).fill(6));
    const digest = hash(claimed.hashAlgorithm, acspV2Payload({ ...claimed, userChallenge }));
    const { signatureAlgorithm, hashAlgorithm, purpose, keyVersion, offer } = claimed;
    const message = { signatureAlgorithm, hashAlgorithm, digest };
    const input = { operation: "performSignature", purpose, keyVersion, offer, message };
    const second = contributionOver(account.record, await account.share("auth", "ed25519", PINS.auth), input, "ed25519");
    // The attacker's dream: a one-time password is good for ever.
    vi.spyOn(AccountStore.prototype, "setOneTimePassword").mockImplementation(() => undefined);
    const messages = await Promise.all(
      [first, second, first, second].map(async (sent, index) => {
        const request = await attemptRequest(account.record, claimed, sent, account.record.oneTimePassword);
        const body = { ...(request.body as object), ...(index % 2 === 1 && { userChallenge }) };
        return (await sealRequest(account.record, { ...request, body })).message;
      }),
    );
    const answers = await Promise.all(messages.map(async (sealed) => openAnswer(account.record, await deliver(sealed))));
    const codes = answers.map(({ outcome }) => (outcome.ok ? "signed" : outcome.failure.code));
    expect(codes.toSorted()).toEqual(["no_such_transaction", "no_such_transaction", "no_such_transaction", "signed"]);
    expect(evaluated).toBe(1);
  });

  it("is not evaluated with a nonce that was changed since the message was opened", async () => {
    const { claimed } = await account.wait("ed25519");
    const sent = await account.contribution(claimed, "right");
    // Between the opening and the commit, as a request beside this one would change it.
    let looks = 0;
    vi.spyOn(TransactionStore.prototype, "find").mockImplementation(function (this: TransactionStore, transactionId) {
      const found = this.all().find((each) => each.transactionId === transactionId);
      return found && ++looks === 2 ? { ...found, nonce: new Uint8Array(60) } : found;
    });
    expect(await account.send(claimed, sent)).toBe("transcript_mismatch");
    expect(evaluated).toBe(0);
    expect(await account.wrong("auth")).toBe(0);
  });
});

describe("a wrong PIN", () => {
  it("keeps commitment and nonce, and so do claims that are repeated and an object that is evicted; the right one then signs", async () => {
    const { claimed, sessionID } = await account.wait("ed25519");
    const before = await stored();
    expect(await account.try(claimed, "wrong")).toBe("wrong_pin");
    expect(await account.claim(claimed.transactionId)).toEqual(claimed);
    await evictDurableObject(account.stub).catch(() => undefined);
    expect(await account.claim(claimed.transactionId)).toEqual(claimed);
    expect(await stored()).toEqual(before);
    expect(await account.try(claimed, "right")).toBe("signed");
    expect(await endResult(sessionID)).toBe("OK");
  });

  it("has the same consequences as a contribution of a wrong form: an attempt, and nothing of the nonce", async () => {
    const { claimed, sessionID } = await account.wait("ed25519");
    const before = await stored();
    const { contribution, transcript } = await account.contribution(claimed, "right");
    for (const [name, bad] of badContributions(contribution, claimed)) {
      expect(await account.send(claimed, { contribution: bad, transcript }), name).toBe("wrong_pin");
      expect(await account.wrong("auth"), name).toBe(1);
      await account.query("DELETE FROM lockout");
    }
    expect(await stored()).toEqual(before);
    expect(await account.send(claimed, { contribution, transcript })).toBe("signed");
    expect(await endResult(sessionID)).toBe("OK");
  });
});

describe("two transactions", () => {
  let [one, other]: SignedTransaction[] = [];
  let sent: Attempt;

  beforeEach(async () => {
    ({ claimed: one } = await account.wait("ed25519"));
    ({ claimed: other } = await account.wait("ed25519"));
    sent = await account.contribution(one, "right");
  });

  it("have commitments of their own, and each is signed with its own", async () => {
    expect(one?.offer).not.toEqual(other?.offer);
    for (const claimed of [one, other]) if (claimed !== undefined) expect(await account.try(claimed, "right")).toBe("signed");
  });

  it("a contribution for one is nothing for the other: unpaid under its own transcript, a paid wrong PIN under the other's", async () => {
    if (other === undefined) throw new Error("nothing waits");
    expect(await account.send(other, sent)).toBe("transcript_mismatch");
    expect(await account.wrong("auth")).toBe(0);
    const { transcript } = await account.contribution(other, "wrong");
    // Whoever forges what was agreed on says: this is my answer.
    expect(await account.send(other, { ...sent, transcript })).toBe("wrong_pin");
    expect(await account.wrong("auth")).toBe(1);
    expect(finished.some(({ commitment }) => commitment === JSON.stringify(other?.offer))).toBe(false);
  });

  it("a nonce that was moved to the other does not unwrap: nobody is charged, and the next claim draws another", async () => {
    if (one === undefined || other === undefined) throw new Error("nothing waits");
    await account.query(
      `UPDATE pending_transaction SET (offer, nonce) = (SELECT offer, nonce FROM pending_transaction WHERE transaction_id = ?)
       WHERE transaction_id = ?`,
      one.transactionId,
      other.transactionId,
    );
    const moved = await account.claim(other.transactionId);
    expect(moved.offer).toEqual(one.offer);
    expect(await account.try(moved, "right")).toBe("server_error");
    expect(await account.wrong("auth")).toBe(0);
    const again = await account.claim(other.transactionId);
    expect([one.offer, other.offer]).not.toContainEqual(again.offer);
    for (const claimed of [again, one]) expect(await account.try(claimed, "right")).toBe("signed");
  });
});

describe("the server's own damage", () => {
  it.each<[string, string]>([
    ["a nonce that is no ciphertext", "UPDATE pending_transaction SET nonce = zeroblob(200)"],
    ["a nonce that is cut", "UPDATE pending_transaction SET nonce = substr(nonce, 1, 100)"],
    ["a nonce that is gone", "UPDATE pending_transaction SET nonce = NULL"],
    ["a commitment that is not the nonce's", `UPDATE pending_transaction SET offer = '${JSON.stringify(otherOffer())}'`],
  ])("%s: nobody is charged, the offer is forgotten, and the next claim draws one that signs", async (_name, damage) => {
    const { claimed, sessionID } = await account.wait("ed25519");
    await account.query(damage);
    const damaged = await account.claim(claimed.transactionId);
    for (const pin of ["wrong", "right"] as const) {
      // A wrong PIN is told the same: damage says nothing of the PIN.
      expect(await account.try(damaged, pin)).toBe(pin === "wrong" ? "server_error" : "transcript_mismatch");
      expect(await account.wrong("auth")).toBe(0);
    }
    expect(await stored()).toMatchObject([{ offer: "null", nonce: null }]);
    const again = await account.claim(claimed.transactionId);
    expect([claimed.offer, damaged.offer]).not.toContainEqual(again.offer);
    expect(await account.try(again, "right")).toBe("signed");
    expect(await endResult(sessionID)).toBe("OK");
  });

  it("an offer that is none for its message: nobody is charged, and the next claim draws one that signs", async () => {
    const { claimed, sessionID } = await account.wait("ed25519");
    const sent = await account.contribution(claimed, "right");
    await account.query(`UPDATE pending_transaction SET offer = '{"modulusBits":6144}'`);
    expect(await account.send(claimed, sent)).toBe("server_error");
    expect(await account.wrong("auth")).toBe(0);
    expect(await account.try(await account.claim(claimed.transactionId), "right")).toBe("signed");
    expect(await endResult(sessionID)).toBe("OK");
  });

  it("a share that does not unwrap, or is another than the key's: nobody is charged, and once it is mended the next claim signs", async () => {
    const { claimed } = await account.wait("ed25519");
    const [row] = await account.query("SELECT * FROM key_pair WHERE purpose = 'auth' AND suite = 'ed25519'");
    const good = row?.["server_share"] as ArrayBuffer;
    const put = (share: ArrayBuffer) =>
      account.query("UPDATE key_pair SET server_share = ? WHERE purpose = 'auth' AND suite = 'ed25519'", share);
    const publicKey = new Uint8Array(row?.["public_key"] as ArrayBuffer);
    const key = { purpose: "auth", suite: "ed25519", keyVersion: Number(row?.["key_version"]), publicKey } as const;
    const [kek, place] = [await keyEncryptionKey(), sharePlace(account.record.handle, key)];
    const share = openServerShare((await unwrap(kek, place, new Uint8Array(good))) ?? new Uint8Array());
    if (share === undefined) throw new Error("the share is damaged already");
    const verifyingShares = { device: share.deviceVerifyingShare[0], server: share.verifyingShare };
    const signingShare = share.signingShare - 1n;
    const altered = await wrap(kek, place, sealServerShare({ signingShare, verifyingShares, groupKey: share.groupKey }));
    const sent = await account.contribution(claimed, "right");
    for (const damaged of [new ArrayBuffer(400), altered.slice().buffer]) {
      await put(damaged);
      expect(await account.send(claimed, sent)).toBe("server_error");
      expect(await account.wrong("auth")).toBe(0);
    }
    await put(good);
    expect(await account.try(await account.claim(claimed.transactionId), "right")).toBe("signed");
  });
});

it("after all of that no commitment stands behind two signatures, and no signature shows a nonce that another one shows", () => {
  expect(finished.length).toBeGreaterThan(10);
  const once = (values: readonly string[]): void => expect(new Set(values).size).toBe(values.length);
  once(finished.map(({ commitment }) => commitment));
  once(finished.map(({ signature }) => signature.slice(0, 64)));
  once(finished.map(({ message }) => message));
});

/** Two points that are nobody's nonce. */
function otherOffer(): object {
  const point = (scalar: bigint): string => toBase64Url(ed25519.Point.BASE.multiply(scalar).toBytes());
  return { hiding: point(5n), binding: point(7n) };
}

/** D1, E1 and z1 of a right contribution, each changed into what no honest device sends. */
function badContributions(right: Uint8Array, { offer }: SignedTransaction): readonly (readonly [string, Uint8Array])[] {
  const { Point } = ed25519;
  const [hiding, binding, scalar] = [right.slice(0, 32), right.slice(32, 64), right.slice(64)];
  const number = [...scalar].reduceRight((sum, byte) => (sum << 8n) + BigInt(byte), 0n);
  const scalarOf = (value: bigint): Uint8Array => hexToBytes(value.toString(16).padStart(64, "0")).toReversed();
  const commitment = offer as { hiding: string };
  return [
    ["nothing", new Uint8Array()],
    ["95 bytes", right.slice(0, 95)],
    ["97 bytes", concatBytes(right, Uint8Array.of(0))],
    ...BAD_POINTS.map(([name, point]) => [`D1: ${name}`, concatBytes(point, binding, scalar)] as const),
    ...BAD_POINTS.map(([name, point]) => [`E1: ${name}`, concatBytes(hiding, point, scalar)] as const),
    ["D1 moved by a point of order 8", concatBytes(movedByTorsion(hiding), binding, scalar)],
    ["E1 moved by a point of order 8", concatBytes(hiding, movedByTorsion(binding), scalar)],
    ["D1 and E1 exchanged", concatBytes(binding, hiding, scalar)],
    ["z1 = 0", concatBytes(hiding, binding, new Uint8Array(32))],
    ["z1 + 1", concatBytes(hiding, binding, scalarOf(number + 1n))],
    ["z1 + L, which is the same number", concatBytes(hiding, binding, scalarOf(number + Point.Fn.ORDER))],
    ["the server's own commitment for D1", concatBytes(fromBase64Url(commitment.hiding) ?? right, binding, scalar)],
  ];
}
