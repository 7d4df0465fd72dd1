// What the demo bank is given: where the API is, and whose certificates it may believe.
import type { LocalSecrets } from "./local-secrets.ts";
import { pem } from "./state-folder.ts";

/**
 * `url`: of the server, without a slash behind it. Of the issuing authorities the bank gets those for qualified certificates alone: it
 * asks for no others, and the other issuer may write any policy into a certificate, that of a qualified one too.
 */
export const demoBankVariables = (authorities: LocalSecrets["authorities"], url: string) => ({
  DEMO_BANK_TRUST_ANCHORS: authorities
    .filter(({ level }) => level !== "ADVANCED")
    .map(({ certificate }) => pem(certificate))
    .join(""),
  DEMO_BANK_API: `${url}/v3`,
  DEMO_BANK_URL: `${url}/demo`,
});
