// One chain of events for each account: every event carries the hash of itself and of the one before it, so that none can be changed, taken
// out, put in or moved without every later hash. Pure.
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import { z } from "zod";
import { lengthPrefixed } from "../protocol/encoding.ts";
import { type AuditEvent, auditEvent } from "./audit-event.ts";

const hash = z.string().regex(/^[0-9a-f]{64}$/, "is not 64 lower-case hexadecimal digits");

/** An event where it stands, whatever it says. */
export const storedEvent = z.strictObject({
  /** From 1, without gaps. */
  position: z.int().min(1),
  /** SHA-256, hexadecimal; see `eventHash`. */
  hash,
  /** Milliseconds since the epoch, by the object's clock. */
  at: z.int().min(0),
  kind: z.string().max(32),
  /** JSON in its one form (`canonical`), because it is hashed. */
  detail: z.string().max(1000),
});
export type ChainEvent = z.output<typeof storedEvent>;

/** The handle of the account: names its object. */
export const chainName = hash;

/** Of a queue: what one object recorded, in order. */
export const auditMessage = z.strictObject({
  chain: chainName,
  events: z.array(storedEvent.refine(isKnown, "is no event that is known here")).min(1).max(1000),
});
export type AuditMessage = z.output<typeof auditMessage>;

/** Where a chain stands. `position` 0: before its first event. */
export interface Head {
  readonly position: number;
  /** Hexadecimal. */
  readonly hash: string;
}

export const BEGINNING: Head = { position: 0, hash: "0".repeat(64) };

/** RFC 8785 for what details are: flat, whole numbers, names in ASCII. Members without a value are not there. */
export function canonical(detail: AuditEvent["detail"]): string {
  const members = Object.entries(detail).filter(([, value]) => value !== undefined);
  return JSON.stringify(Object.fromEntries(members.toSorted(([left], [right]) => (left < right ? -1 : 1))));
}

/**
 * SHA-256 over "tally-audit-1", chain, position, at, kind and detail as text (numbers in decimal), and the 32 bytes of the hash before
 * (zeros before the first), each behind its length in bytes (32 bits, big-endian). Hexadecimal, as `before`.
 */
export function eventHash(chain: string, { position, at, kind, detail }: Omit<ChainEvent, "hash">, before: string): string {
  return bytesToHex(sha256(lengthPrefixed("tally-audit-1", chain, position, at, kind, detail, hexToBytes(before))));
}

/** The event that follows on a head. */
export function nextEvent(chain: string, before: Head, { kind, detail }: AuditEvent, at: number): ChainEvent {
  const event = { position: before.position + 1, at, kind, detail: canonical(detail) };
  return { ...event, hash: eventHash(chain, event, before.hash) };
}

/** Whether what it says can be read, and has been written in the one form. */
export function isKnown({ kind, detail }: { readonly kind: string; readonly detail: string }): boolean {
  try {
    const parsed = auditEvent.safeParse({ kind, detail: JSON.parse(detail) });
    return parsed.success && canonical(parsed.data.detail) === detail;
  } catch {
    return false;
  }
}
