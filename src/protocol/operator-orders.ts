// What an operator may order about accounts, and what the server answers: shared by `npm run account` and src/operator. An order is a
// compact JWS (RFC 7515, ES256) whose claims are below. Answers hold no name, no key and no address of a device.
import { z } from "zod";
import { parseDocumentNumber } from "./document-number.ts";
import { isKekId } from "./kek-id.ts";
import { REVOCATION_REASONS } from "./revocation-reasons.ts";
import { parseSemanticsIdentifier } from "./semantics-identifier.ts";

/** `typ` of the protected header: no signature made for something else is an order (RFC 8725 §3.11). */
export const ORDER_TYPE = "tally-order+jwt";
/** Where orders are posted to, below the origin that they are for. */
export const ORDERS_PATH = "/operator/orders";
/** Seconds from `iat`: from then on an order is refused, whatever its `exp` says. */
export const ORDER_LIFETIME_SECONDS = 60;

const documentNumber = z.string().refine((text) => parseDocumentNumber(text) !== undefined, "is no document number");
/** A person with all accounts, or one account. */
const person = z.string().refine((text) => parseSemanticsIdentifier(text) !== undefined, "is no semantics identifier");
/** 16 bytes, as every serial number of a person's certificate. */
const serialNumber = z.string().regex(/^[0-9a-f]{32}$/, "is not 32 lower-case hexadecimal digits");
const reason = z.enum(REVOCATION_REASONS);
const kekId = z.string().refine(isKekId, "is no id of a KEK");
/** Of an Account object. */
const handle = z.string().regex(/^[0-9a-f]{64}$/);
/** Accounts in one step of the job that re-wraps: it is answered within half a minute also where a KMS takes its time. */
export const MAXIMUM_REWRAP = 10;

export const accountOrderSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("show"), account: z.union([documentNumber, person]) }),
  /** Closes the account too: a key whose certificate is revoked may sign nothing more. */
  z.strictObject({ kind: z.literal("revoke"), documentNumber, reason }),
  /** The same for the reason cessationOfOperation. */
  z.strictObject({ kind: z.literal("close"), documentNumber }),
  /** For a certificate of which nothing but its serial number is known. Closes no account. */
  z.strictObject({ kind: z.literal("revokeCertificate"), serialNumber, reason }),
]);
export type AccountOrder = z.infer<typeof accountOrderSchema>;

const vaultOrderSchema = z.discriminatedUnion("kind", [
  /** Which KEKs there are, and how much names each. */
  z.strictObject({ kind: z.literal("vaultStatus") }),
  /**
   * One step: what accounts keep under `kek` goes under `target`. Refused where another KEK is the current one, as by a version that a
   * deployment is about to replace. `after`: the handle that the step before ended with, or empty.
   */
  z.strictObject({
    kind: z.literal("rewrap"),
    kek: kekId,
    target: kekId,
    after: z.union([z.literal(""), handle]),
    limit: z.int().min(1).max(MAXIMUM_REWRAP),
  }),
]);

/** Chains that one order asks for. */
export const MAXIMUM_HEADS = 32;
/** Where accounts say that their audit chains stand. */
const auditHeadsSchema = z.strictObject({ kind: z.literal("auditHeads"), chains: z.array(handle).min(1).max(MAXIMUM_HEADS) });

export const orderSchema = z.discriminatedUnion("kind", [
  ...accountOrderSchema.options,
  ...vaultOrderSchema.options,
  auditHeadsSchema,
]);
export type Order = z.infer<typeof orderSchema>;

/** Claims (RFC 7519 §4.1); times are in whole seconds since the epoch. */
export const orderClaimsSchema = z.strictObject({
  /** Origin of the server that is meant: an order given to one deployment is worth nothing to another. */
  aud: z.string(),
  iat: z.int(),
  exp: z.int(),
  /** Names the order in logs. */
  jti: z.uuid(),
  order: orderSchema,
});
export type OrderClaims = z.infer<typeof orderClaimsSchema>;

/** Milliseconds since the epoch; 0 where there is none. */
const time = z.int().min(0);
const count = z.int().min(0);
const word = z.string().regex(/^[a-z_]{0,32}$/);

const pin = z.strictObject({
  state: z.enum(["usable", "locked", "dead"]),
  /** Wrong PINs since the last right one. */
  wrong: count,
  lockedUntil: time,
});

/** What the certificate index says: OCSP and CRLs say the same. */
const indexed = z.discriminatedUnion("state", [
  z.strictObject({ state: z.literal("good") }),
  z.strictObject({ state: z.literal("revoked"), revokedAt: time, reason }),
  z.strictObject({ state: z.literal("unknown") }),
  /** The index did not answer. */
  z.strictObject({ state: z.literal("unreachable") }),
]);
export type Indexed = z.infer<typeof indexed>;

const certificate = z.strictObject({
  purpose: z.enum(["auth", "sign"]),
  suite: z.enum(["rsa", "ed25519"]),
  serialNumber,
  /** Short name of the issuing authority; empty, and both times 0, where the account knows nothing but the number. */
  issuer: z.string().max(64),
  notBefore: time,
  notAfter: time,
});

/** What an Account object knows by itself. */
const accountDetails = z.strictObject({
  status: z.enum(["opened", "identified", "applying", "issuing", "active", "closed"]),
  closedReason: word,
  appliedAt: time,
  expiresAt: time,
  pins: z.strictObject({ auth: pin, sign: pin }),
  certificates: z.array(certificate),
  /** Requests that came out of step: a sign of a second device with the same keys. */
  outOfStep: z.strictObject({ count, lastAt: time }),
  /** What others have not been told yet, by kind: an alarm repeats it. */
  undelivered: z.array(z.strictObject({ kind: word, count })),
});
export type AccountDetails = z.infer<typeof accountDetails>;

const accountReport = z.strictObject({
  documentNumber,
  level: z.enum(["ADVANCED", "QUALIFIED"]),
  /** What relying parties find: they are given active accounts only. */
  listedAs: z.enum(["reserved", "active", "closed"]),
  /** Names the Account object, here and in logs. */
  handle: z.hex().max(64),
  /**
   * What the person's list keeps of the account's certificates, and what the index says of them. Empty for an account that never was
   * active, and for one from before they were kept.
   */
  listedCertificates: z.array(z.strictObject({ serialNumber, index: indexed })),
  /** `lost`: the Account object holds nothing. `unreachable`: it did not answer this time. */
  object: z.enum(["found", "lost", "unreachable"]),
  /** Null where the object is not found. */
  details: accountDetails.extend({ certificates: z.array(certificate.extend({ index: indexed })) }).nullable(),
});
export type AccountReport = z.infer<typeof accountReport>;

const closing = z.strictObject({
  /** By this order; false where it was closed before. */
  closed: z.boolean(),
  /**
   * What this order revoked in the index by itself: certificates of an account that is lost, and revocations that the index had
   * forgotten. Not what the account revokes when it closes.
   */
  revokedByOrder: z.array(serialNumber),
  account: accountReport,
});

/** `taken`: position of the last event that the audit queue took. */
const auditHead = z.discriminatedUnion("state", [
  z.strictObject({ chain: handle, state: z.literal("found"), position: count, hash: handle, taken: count }),
  /** The object holds nothing, or there is none of that name. */
  z.strictObject({ chain: handle, state: z.literal("lost") }),
  z.strictObject({ chain: handle, state: z.literal("unreachable") }),
]);

/** The answer to each kind of order. */
export const ANSWERS = {
  /** In the order in which the accounts were begun. */
  show: z.strictObject({ accounts: z.array(accountReport).min(1) }),
  revoke: closing,
  close: closing,
  vaultStatus: z.strictObject({
    /** KEK_ID, whether there is such a KEK or not. */
    current: z.string().max(64),
    configured: z.array(kekId),
    /** Of those that the secret KEK holds (src/vault/local-key.ts): whoever has a copy can tell whether it is one of the same keys. */
    checkValues: z.array(z.strictObject({ id: kekId, value: z.string().regex(/^[0-9a-f]{16}$/) })),
    /** Why `configured` is not known; empty where it is. */
    problem: z.string().max(400),
    /** What accounts and pooled shares name, and when each KEK was the current one. */
    uses: z.array(z.strictObject({ id: kekId, accounts: count, pooledShares: count, lastCurrentAt: time })),
    /** Since when there may be accounts that tell only when they are next used which KEKs they name; 0: there is none. */
    accountsUntoldSince: time,
  }),
  rewrap: z.strictObject({
    current: kekId,
    done: count,
    /**
     * `still_named`: by what is used up within the hour, or does not unwrap. `another_kek`: where the object runs, another KEK is the
     * current one. `unavailable`: the KEKs could not be asked.
     */
    failed: z.array(z.strictObject({ handle, reason: z.enum(["still_named", "another_kek", "unavailable", "unreachable"]) })),
    /** For the step that follows; empty after the last one. A step that finds the KEKs out of reach ends early. */
    next: z.union([z.literal(""), handle]),
    /** Server shares that nobody had taken, under other KEKs. */
    pooledSharesDropped: count,
  }),
  /** In the order in which they were asked for. */
  auditHeads: z.strictObject({ heads: z.array(auditHead) }),
  /** `revoked`: by this order; false where it was revoked before. */
  revokeCertificate: z.strictObject({ revoked: z.boolean(), serialNumber, index: indexed }),
} as const satisfies Readonly<Record<Order["kind"], z.ZodType>>;
export type Answer<Kind extends Order["kind"]> = z.infer<(typeof ANSWERS)[Kind]>;
