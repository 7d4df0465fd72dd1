// The Worker's own secrets, at random: those of the secrets store that belong to no certificate. What each is for: src/environment.ts.
import { exportJWK, generateKeyPair } from "jose";
import { randomBytes } from "node:crypto";

export const SERVER_SECRETS = [
  "KEK",
  "CHANNEL_SIGNING_KEY",
  "CHANNEL_ENCRYPTION_KEY",
  "SESSION_NAME_KEY",
  "VAPID_PRIVATE_KEY",
] as const;
export type ServerSecret = (typeof SERVER_SECRETS)[number];

const makers: Readonly<Record<ServerSecret, () => Promise<string>>> = {
  KEK: randomKey,
  CHANNEL_SIGNING_KEY: () => privateJwk("ES256"),
  CHANNEL_ENCRYPTION_KEY: () => privateJwk("ECDH-ES"),
  SESSION_NAME_KEY: randomKey,
  VAPID_PRIVATE_KEY: () => privateJwk("ES256"),
};

export const makeServerSecret = (name: ServerSecret): Promise<string> => makers[name]();

/** 32 bytes, base64. */
async function randomKey(): Promise<string> {
  return randomBytes(32).toString("base64");
}

/** Private JWK on P-256, as JSON. */
export async function privateJwk(algorithm: "ES256" | "ECDH-ES"): Promise<string> {
  const { privateKey } = await generateKeyPair(algorithm, { crv: "P-256", extractable: true });
  return JSON.stringify({ ...(await exportJWK(privateKey)), alg: algorithm });
}
