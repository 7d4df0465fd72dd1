// What is recorded of an account's life for whoever audits the service. No name stands in it, no personal code or document number, no text,
// no address, no PIN and nothing that tests one. An account stands here by its handle, a key by its version, a certificate by its serial
// number, a signature by its hash. All the same it is data of a person under a pseudonym: who has the person's certificate finds the chain
// by its serial number, and every relying party in it. Pure.
import { z } from "zod";
import { type ClosedReason, REVOCATION_OF_CLOSING } from "../account/account-state.ts";
import { CERTIFICATE_LEVELS, PURPOSES, SUITES } from "../account/purpose.ts";
import { REVOCATION_REASONS } from "../protocol/revocation-reasons.ts";

const purpose = z.enum(PURPOSES);
const key = { purpose, suite: z.enum(SUITES), keyVersion: z.int().min(1) };
/** SHA-256, base64url. */
const hash = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
/** Milliseconds since the epoch. */
const time = z.int().min(0);
const count = z.int().min(1);
const change = z.enum(["replace", "add"]);
/** How many more of the kind came since the last that was recorded, which happens at most once an hour; absent for none. */
const unrecorded = z.optional(count);
const handle = z.string().regex(/^[0-9a-f]{64}$/);
const serialNumber = z.string().regex(/^[0-9a-f]{32}$/);
/** Names that the operator chose: of an authority, of an identity method, of a KEK. */
const name = z.string().min(1).max(64);
/** What an attempt was made for. */
const operation = z.enum(["performSignature", "reKey", "answerChallenge", "provePossession", "practise"]);

const event = <Kind extends string, Detail extends z.ZodRawShape>(kind: Kind, detail: Detail) =>
  z.strictObject({ kind: z.literal(kind), detail: z.strictObject(detail) });

/** Details are flat: text, whole numbers and truth values. Append only; what was once recorded is read for ever. */
export const auditEvent = z.discriminatedUnion("kind", [
  /** Somebody's identity was proven: where a chain begins. Before that nobody is in it. */
  event("identified", { level: z.enum(CERTIFICATE_LEVELS), method: name }),
  /** Possession of a new key was proven. `publicKeyHash`: of its SubjectPublicKeyInfo, as in its certificate. */
  event("key_made", { ...key, publicKeyHash: hash }),
  /** It was not, and the key is destroyed. */
  event("key_refused", { ...key, unrecorded }),
  /** The application for certificates was signed with PIN2. `signatureHash`: of the signature. */
  event("applied", { ...key, signatureHash: hash }),
  event("certificate_issued", { ...key, serialNumber, issuer: name }),
  event("activated", { expiresAt: time }),
  /** A signature was given to a relying party. `relyingParty`: UUID; empty for what waited from before it was kept. */
  event("signed", { ...key, relyingParty: z.guid().or(z.literal("")), signatureHash: hash }),
  /** A login that the person tried out was confirmed with the right PIN. What was signed is nobody's, and thrown away. */
  event("practised", { ...key, unrecorded }),
  /** The person says that they did not start it. `relyingParty`: as in `signed`; `transaction`: what it was. */
  event("transaction_disowned", {
    relyingParty: z.guid().or(z.literal("")),
    transaction: z.enum(["authentication", "signature", "certificate-choice"]),
  }),
  /** From then on the person refuses that party's notifications; and takes it back. `relyingParty`: as in `signed`. No PIN was asked. */
  event("party_refused", { relyingParty: z.guid().or(z.literal("")), unrecorded }),
  event("party_allowed", { relyingParty: z.guid().or(z.literal("")), unrecorded }),
  /** `wrong`: in a row, with this one. */
  event("wrong_pin", { purpose, operation, wrong: count, unrecorded }),
  event("locked", { purpose, until: time }),
  /** Locked for ever, and the server's shares destroyed. */
  event("pin_dead", { purpose }),
  /** What the server stores does not fit together: nobody's wrong PIN. */
  event("damaged", { purpose, operation, unrecorded }),
  /** An authentic request that was not in step: a copy of the device, or an old backup. `challenged`: its sender was asked for PIN1. */
  event("out_of_step", { challenged: z.boolean(), unrecorded }),
  /** `wrong`: over the account's life, with this one. */
  event("challenge_wrong", { wrong: count }),
  /** A right PIN allowed new keys. */
  event("key_change_begun", { purpose, change, unrecorded }),
  /** The new keys stand; with `replace`, those before are destroyed. */
  event("key_change_done", { purpose, change }),
  event("key_change_given_up", { purpose, change, unrecorded }),
  event("certificate_revoked", { serialNumber, reason: z.enum(REVOCATION_REASONS) }),
  /** Everything that the account keeps wrapped is under this KEK now. */
  event("rewrapped", { kek: name }),
  /** `order`: by which an operator closed it, as it stands in the Worker's log (`jti`). `successor`: handle of the account that took its place. */
  event("closed", {
    reason: z.enum(Object.keys(REVOCATION_OF_CLOSING) as [ClosedReason, ...ClosedReason[]]),
    order: z.uuid().optional(),
    successor: handle.optional(),
  }),
  /** The enrolment was given up: the object forgets everything after this, the chain's end. */
  event("abandoned", {}),
]);
export type AuditEvent = z.output<typeof auditEvent>;
