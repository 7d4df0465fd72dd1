// The secrets of a developer's machine, made once and at random, with the TEST certificates that belong to them.
// Tests make throw-away ones with the same function. Never used in production: there an operator fills the secrets store.
import type { AuthorityRecord } from "../src/certificates/authority.ts";
import { makeTestHierarchy } from "../src/certificates/hierarchy.ts";
import type { OcspSignerRecord } from "../src/certificates/ocsp/signer-certificate.ts";
import type { BroughtList } from "../src/certificates/revocation-list/stored-list.ts";
import { makeOcspKeys, missingOcspSigners } from "./local-ocsp-signers.ts";
import { lastingTimeStampSigner } from "./local-time-stamp-signer.ts";
import { makeServerSecret, privateJwk, SERVER_SECRETS, type ServerSecret } from "./secrets/server-secrets.ts";

/** The bindings of wrangler.toml whose values come from the secrets store; src/environment.ts says what each holds. */
export const SECRET_BINDINGS = [
  "KEK",
  "ISSUER_KEY_QUALIFIED",
  "ISSUER_KEY_NON_QUALIFIED",
  "CHANNEL_SIGNING_KEY",
  "CHANNEL_ENCRYPTION_KEY",
  "SESSION_NAME_KEY",
  "VAPID_PRIVATE_KEY",
  "OCSP_KEY_QUALIFIED",
  "OCSP_KEY_NON_QUALIFIED",
] as const;

export type SecretBinding = (typeof SECRET_BINDINGS)[number];

// A type, not an interface: vitest.config.ts passes it on as JSON.
export type LocalSecrets = {
  readonly secrets: Readonly<Record<SecretBinding, string>>;
  /** Rows of the table `certificate_authorities`, the root first. Nobody has the root's key: it is thrown away here. */
  readonly authorities: readonly AuthorityRecord[];
  /** Rows of the table `ocsp_signers`. */
  readonly ocspSigners: readonly OcspSignerRecord[];
  /** The root's CRL; none where the hierarchy is older than CRLs are. */
  readonly revocationLists: readonly BroughtList[];
  /** Private JWK, ES256: signs the operator's orders about accounts. The Worker gets the public half alone. */
  readonly operatorKey: string;
  /** DER and PKCS#8, both in base64, ECDSA P-256: signs time stamps. */
  readonly timeStampSigner: { readonly certificate: string; readonly privateKey: string };
};

/** What of it the Worker gets as variables; src/environment.ts says what each holds. */
export function localVariables({ operatorKey, timeStampSigner }: Pick<LocalSecrets, "operatorKey" | "timeStampSigner">) {
  // By name, and never `d`.
  const { kty, crv, x, y, alg } = JSON.parse(operatorKey) as Record<"kty" | "crv" | "x" | "y" | "alg", unknown>;
  return {
    OPERATOR_PUBLIC_KEY: JSON.stringify({ kty, crv, x, y, alg }),
    TIME_STAMP_SIGNER: JSON.stringify(timeStampSigner),
  };
}

/** `pkiBaseUrl` goes into the CA certificates; `now` is in milliseconds since the epoch. */
export async function makeLocalSecrets(input: { readonly pkiBaseUrl: string; readonly now: number }): Promise<LocalSecrets> {
  const { authorities, issuerKeys, rootList } = await makeTestHierarchy(input);
  const made = SERVER_SECRETS.map(async (name) => [name, await makeServerSecret(name)] as const);
  const serverSecrets = Object.fromEntries(await Promise.all(made)) as Record<ServerSecret, string>;
  const secrets = {
    ISSUER_KEY_QUALIFIED: issuerKeys.QUALIFIED,
    ISSUER_KEY_NON_QUALIFIED: issuerKeys.ADVANCED,
    ...serverSecrets,
    ...makeOcspKeys(),
  };
  const ocspSigners = await missingOcspSigners({ secrets, authorities, ocspSigners: [] }, input.now);
  const timeStampSigner = await lastingTimeStampSigner({ secrets, authorities }, input.pkiBaseUrl, input.now);
  const operatorKey = await makeOperatorKey();
  return { secrets, authorities, ocspSigners, revocationLists: [rootList], operatorKey, timeStampSigner };
}

/** On its own too: state folders of before there were orders have none. */
export const makeOperatorKey = (): Promise<string> => privateJwk("ES256");
