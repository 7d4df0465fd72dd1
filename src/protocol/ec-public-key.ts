// A public key on P-256 as a JWK with exactly its four members (RFC 7518 §6.2.1).
import { z } from "zod/mini";

const coordinate = z.string().check(z.regex(/^[A-Za-z0-9_-]{43}$/));

export const ecPublicKeySchema = z.strictObject({
  kty: z.literal("EC"),
  crv: z.literal("P-256"),
  x: coordinate,
  y: coordinate,
});
export type EcPublicKey = z.infer<typeof ecPublicKeySchema>;

/** The public members of a JWK, private or public. Throws where they are missing or of another curve. */
export const publicKeyOf = (key: JsonWebKey): EcPublicKey =>
  ecPublicKeySchema.parse({ kty: key.kty, crv: key.crv, x: key.x, y: key.y });
