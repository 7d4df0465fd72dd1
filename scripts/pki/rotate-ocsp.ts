// `rotate-ocsp`: new OCSP signers for every authority that anybody can still meet. Those of before stay until they end.
import { CERTIFICATE_LEVELS } from "../../src/account/purpose.ts";
import type { Issuer } from "../../src/certificates/authority.ts";
import { checkClock } from "./clock.ts";
import type { Context } from "./context.ts";
import { type Deployment, LEVEL_WORDS, livingIssuers } from "./deployment.ts";
import { alone, readDeployment, saveDeployment } from "./folder.ts";
import { openIssuer, type SealedKey } from "./keys.ts";
import { makeOcspSigners } from "./ocsp-signers.ts";
import type { Options } from "./options.ts";
import { knownPassphrase } from "./passphrase.ts";
import { PkiFailure } from "./pki-failure.ts";
import { checkSecretSizes } from "./secrets.ts";

export const rotateOcsp = (context: Context, { folder }: Options): Promise<void> =>
  alone(folder, async () => {
    const { now, cost } = context;
    let deployment: Deployment = readDeployment(folder);
    checkClock(deployment, now);
    const passphrase = await knownPassphrase(context, "keys");
    const days = deployment.configuration.validity.ocspSignerDays;
    const keys: SealedKey[] = [];
    const lines: string[] = [];
    for (const level of CERTIFICATE_LEVELS) {
      const issuers: Issuer[] = [];
      for (const issuer of livingIssuers(deployment, level, now)) issuers.push(await openIssuer(folder, issuer, passphrase));
      const [first, ...others] = issuers;
      if (first === undefined) continue;
      const made = await makeOcspSigners([first, ...others], { now, days, passphrase, cost });
      keys.push(made.key);
      lines.push(`New signer of ${LEVEL_WORDS[level]} status, for ${issuers.map(({ name }) => name).join(", ")}.`);
      deployment = { ...deployment, ocspSigners: [...deployment.ocspSigners, ...made.signers] };
    }
    if (keys.length === 0)
      throw new PkiFailure("every issuing authority has ended, was compromised or lost its key: rotate-issuer first");
    checkSecretSizes(deployment, now);
    saveDeployment(folder, deployment, { keys: new Map(keys.map(({ fileName, pem }) => [fileName, pem])) });
    context.out([...lines, "Those of before stay until they end. Next: publish."].join("\n"));
  });
