// `rotate-issuer`: a new issuing authority of a level under the same root. The one before signs the status of what it issued, for as
// long as that is valid.
import type { CertificateLevel } from "../../src/account/purpose.ts";
import { checkTestMarks } from "./configuration.ts";
import type { Context } from "./context.ts";
import { currentIssuer, type Deployment, LEVEL_WORDS } from "./deployment.ts";
import { alone, readDeployment, saveDeployment } from "./folder.ts";
import { makeIssuer } from "./issuing-authorities.ts";
import { openIssuer, openRoot } from "./keys.ts";
import type { Options } from "./options.ts";
import { knownPassphrase } from "./passphrase.ts";
import { PkiFailure } from "./pki-failure.ts";
import { checkSecretSizes } from "./secrets.ts";

export const rotateIssuer = (context: Context, options: Options): Promise<void> =>
  alone(options.folder, async () => {
    const { level } = options;
    if (level === undefined) throw new PkiFailure("say which: --level qualified or --level non-qualified");
    const deployment = readDeployment(options.folder);
    const { now, cost } = context;
    // The configuration may have been edited since.
    checkTestMarks(deployment.configuration, deployment.test);
    const root = await openRoot(context, deployment, options.rootKeyFile);
    const passphrase = await knownPassphrase(context, "keys");
    const before = currentIssuer(deployment, level);
    // All keys of a folder have one passphrase: what opens this one shall open the new ones.
    await openIssuer(options.folder, before, passphrase);
    const { configuration, issuers } = deployment;
    const place = issuers.filter((issuer) => issuer.level === level).length + 1;
    const made = await makeIssuer({ configuration, root, level, place }, { now, passphrase, cost });
    const after: Deployment = {
      ...deployment,
      issuers: [...issuers.map((issuer) => (issuer === before ? { ...issuer, succeededAt: now } : issuer)), made.issuer],
      ocspSigners: [...deployment.ocspSigners, ...made.signers],
    };
    checkSecretSizes(after, now);
    saveDeployment(options.folder, after, { keys: new Map(made.keys.map(({ fileName, pem }) => [fileName, pem])) });
    context.out(report(made.issuer.name, before.name, level));
  });

const report = (name: string, before: string, level: CertificateLevel): string =>
  [
    `${name} issues ${LEVEL_WORDS[level]} certificates from the next publish on.`,
    `${before} goes on signing CRLs and naming OCSP signers for what it issued; its key stays.`,
    `Next: publish, then export-trust, for relying parties that keep a list of issuing authorities.`,
  ].join("\n");
