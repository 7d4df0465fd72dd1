// What a claimed request asks this device to sign, computed here from what is shown, and by which key. A request that contradicts
// itself gets nothing.
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { PURPOSES } from "../account/purpose.ts";
import { failed, type Result, success } from "../account/result.ts";
import { acspV2Payload } from "../protocol/acsp-v2.ts";
import { hash, HASH_LENGTHS, SUITE_OF } from "../protocol/algorithms.ts";
import type { ClaimedTransaction, SignedTransaction } from "../protocol/claimed-transaction.ts";
import { userChallengeOf } from "../protocol/device-link.ts";
import { fromBase64, fromBase64Url, lengthPrefixed, toBase64Url } from "../protocol/encoding.ts";
import { applicationMessage } from "../protocol/proof-message.ts";
import { deviceHalves } from "../split-key/device-halves.ts";
import type { MessageToSign } from "../split-key/scheme.ts";
import { type DeviceKey, type DeviceRecord, keyNamed, storedBytes } from "./device-record.ts";
import { presentation } from "./presentation.ts";

export interface ToSign {
  readonly key: DeviceKey;
  readonly message: MessageToSign;
  /** Of an authentication: goes to the server beside the contribution. */
  readonly userChallenge?: string;
}

export function toSign(record: DeviceRecord, claimed: SignedTransaction): Result<ToSign, { code: "not_presentable" | "no_key" }> {
  const message = isPresentable(record, claimed) ? messageOf(record, claimed) : undefined;
  if (message === undefined) return failed({ code: "not_presentable" });
  const key = keyNamed(record, claimed);
  return key === undefined ? failed({ code: "no_key" }) : success({ key, ...message });
}

/** Whether it is what it says: a server that asks one key for another's work, or in another's algorithm, gets nothing. */
function isPresentable({ owner, keys }: DeviceRecord, claimed: SignedTransaction): boolean {
  const { kind, purpose, suite, signatureAlgorithm } = claimed;
  if (purpose !== (kind === "authentication" ? "auth" : "sign") || suite !== SUITE_OF[signatureAlgorithm]) return false;
  return kind === "application" ? isAbout(owner, claimed) && isForOwnKeys(keys, claimed) : presentation(claimed) !== undefined;
}

type Application = Extract<ClaimedTransaction, { kind: "application" }>;

/** The server says in whose name the certificates will be: only in that of the person who proved who they are here. */
function isAbout(owner: DeviceRecord["owner"], application: Application): boolean {
  return (
    owner !== undefined &&
    owner.givenName.normalize("NFC") === application.givenName &&
    owner.surname.normalize("NFC") === application.surname &&
    owner.semanticsIdentifier === application.semanticsIdentifier
  );
}

/**
 * And for which keys: only for such as nobody uses without this device, of both purposes. Without the keys themselves, as a server of before
 * describes it, that cannot be seen, and counts as a lie.
 */
const isForOwnKeys = (own: readonly DeviceKey[], { keys }: Application): boolean =>
  PURPOSES.every((purpose) => keys.some((key) => key.purpose === purpose)) && keys.every((key) => isOwn(own, key));

function isOwn(
  own: readonly DeviceKey[],
  { purpose, suite, publicKeyHash, publicKey = "" }: Application["keys"][number],
): boolean {
  const named = fromBase64Url(publicKey);
  if (named === undefined || toBase64Url(sha256(named)) !== publicKeyHash) return false;
  const half = deviceHalves[suite];
  return own.some((key) => key.purpose === purpose && key.suite === suite && half.isPartOf(named, storedBytes(key.stored)));
}

/** Computed from what was shown. Undefined where a request does not fit its own algorithms. */
function messageOf(record: DeviceRecord, claimed: SignedTransaction): Omit<ToSign, "key"> | undefined {
  if (claimed.kind === "application") return { message: applicationMessage(record.handle, claimed) };
  const { signatureAlgorithm, hashAlgorithm } = claimed;
  if (claimed.kind === "signature") {
    const digest = fromBase64(claimed.digest);
    if (digest?.length !== HASH_LENGTHS[hashAlgorithm]) return undefined;
    return { message: { signatureAlgorithm, hashAlgorithm, digest } };
  }
  const userChallenge = userChallengeOf(verifierOf(record, claimed));
  const digest = hash(hashAlgorithm, acspV2Payload({ ...claimed, userChallenge }));
  return { message: { signatureAlgorithm, hashAlgorithm, digest }, userChallenge };
}

/**
 * What the user challenge is the hash of: 43 characters of base64url that only this device can know before it returns to the relying
 * party. Derived, so that a reload between signature and return loses nothing; from all that makes the login what it is, so that a server
 * which gives two logins one id learns nothing about the second from the first.
 */
export function verifierOf(
  { returnSecret }: DeviceRecord,
  claimed: Extract<ClaimedTransaction, { kind: "authentication" }>,
): string {
  const { transactionId, relyingPartyName, rpChallenge, serverRandom, initialCallbackUrl } = claimed;
  const about = [transactionId, relyingPartyName, rpChallenge, serverRandom, initialCallbackUrl];
  return toBase64Url(hmac(sha256, storedBytes(returnSecret), lengthPrefixed("tally-user-challenge-verifier-1", ...about)));
}
