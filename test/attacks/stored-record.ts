// The exact form of everything that a device may ever store: each member, its spelling and its length. One that is not here,
// whatever it is called, is a leak until somebody has shown that it is none.
import { z } from "zod";

const bytes = (length: number) => z.string().regex(new RegExp(`^[\\w-]{${Math.ceil((length * 8) / 6)}}$`));

const keyOf = <Suite extends string>(suite: Suite, lengths: { readonly stored: number; readonly masked: number }) =>
  z.strictObject({
    purpose: z.enum(["auth", "sign"]),
    suite: z.literal(suite),
    keyVersion: z.int().min(1).max(99),
    salt: bytes(32),
    iterations: z.literal(210_000),
    stored: bytes(lengths.stored),
    masked: bytes(lengths.masked),
  });

const key = z.discriminatedUnion("suite", [
  keyOf("rsa", { stored: 384, masked: 400 }),
  // The public key of both halves, and a number.
  keyOf("ed25519", { stored: 32, masked: 32 }),
]);

export const storedRecordSchema = z.strictObject({
  handle: z.string().regex(/^[0-9a-f]{64}$/),
  deviceToServer: bytes(32),
  serverToDevice: bytes(32),
  encryptionKey: z.strictObject({ kty: z.literal("EC"), crv: z.literal("P-256"), x: bytes(32), y: bytes(32) }),
  transcriptHash: bytes(32),
  oneTimePassword: bytes(32),
  pending: z
    .strictObject({
      requestId: bytes(16),
      operation: z.string().regex(/^[A-Za-z0-9]{6,20}$/),
      transactionId: z.union([z.literal(""), z.uuid(), bytes(16)]),
      oneTimePassword: bytes(32),
    })
    .optional(),
  keys: z.array(key).max(8),
  returnSecret: bytes(32),
  owner: z.strictObject({ givenName: z.string(), surname: z.string(), semanticsIdentifier: z.string() }).nullish(),
});

/** Every text in a value, on whatever level. */
export function textsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
