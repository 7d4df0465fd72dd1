// `rotate-issuer`: a new issuing authority of a level under the same root. The one before signs the status of what it issued, for as
// long as that is valid.
import { existsSync } from "node:fs";
import type { CertificateLevel } from "../../src/account/purpose.ts";
import { checkClock, confirmDate } from "./clock.ts";
import { checkTestMarks } from "./configuration.ts";
import type { Context } from "./context.ts";
import { currentIssuer, type Deployment, endOf, type IssuingAuthority, LEVEL_WORDS, parsedCertificate } from "./deployment.ts";
import { alone, keyPath, readDeployment, readKeyFile, readRootKeyFile, saveDeployment } from "./folder.ts";
import { decryptKey } from "./key-encryption.ts";
import { makeIssuer } from "./issuing-authorities.ts";
import { openKeyOf, openRoot } from "./keys.ts";
import type { Options } from "./options.ts";
import { knownPassphrase, newPassphrase } from "./passphrase.ts";
import { PkiFailure } from "./pki-failure.ts";
import { checkSecretSizes } from "./secrets.ts";

export const rotateIssuer = (context: Context, options: Options): Promise<void> =>
  alone(options.folder, async () => {
    const { level } = options;
    if (level === undefined) throw new PkiFailure("say which: --level qualified or --level non-qualified");
    const found = readDeployment(options.folder);
    const { now, cost } = context;
    // The configuration may have been edited since.
    checkTestMarks(found.configuration, found.test);
    checkClock(found, now);
    await confirmDate(context, options);
    const root = await openRoot(context, found, options.rootKeyFile);
    const deployment = options.newKeysPassphrase ? withoutKeys(found) : found;
    const before = currentIssuer(deployment, level);
    const passphrase = options.newKeysPassphrase
      ? await passphraseAfterLoss(context, options, found)
      : await passphraseOfKeys(context, options, { deployment, before });
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
    context.out(report(made.issuer, { before: before.name, level, lost: after.lostKeys.includes(before.keyFile) }));
    if (endOf(made.issuer) >= endOf(after.root)) {
      const end = new Date(endOf(after.root)).toISOString().slice(0, 10);
      context.note(`The end of the root cuts ${made.issuer.name} short, on ${end}. Plan the next hierarchy.`);
    }
  });

/** All keys of a folder have one passphrase: what opens one of before shall open the new ones. */
async function passphraseOfKeys(
  context: Context,
  { folder }: Options,
  { deployment, before }: { readonly deployment: Deployment; readonly before: IssuingAuthority },
): Promise<string> {
  const kept = deployment.issuers.filter(({ keyFile }) => !deployment.lostKeys.includes(keyFile));
  const witness = kept.includes(before) ? before : kept.at(-1);
  if (witness === undefined) throw new PkiFailure("every key is lost: --new-keys-passphrase begins with new ones");
  const passphrase = await knownPassphrase(context, "keys");
  openKeyOf(folder, witness, passphrase, witness.name);
  return passphrase;
}

/** PkiFailure where nothing is lost: a second call would give up what the first one made. */
async function passphraseAfterLoss(context: Context, { folder, rootKeyFile }: Options, { issuers }: Deployment): Promise<string> {
  const passphrase = await newPassphrase(context, "keys");
  const opens = (file: string) => existsSync(file) && typeof decryptKey(readKeyFile(file), passphrase) === "object";
  const opened = issuers.map(({ keyFile }) => keyPath(folder, keyFile)).find(opens);
  if (opened !== undefined) throw new PkiFailure(`this passphrase opens ${opened}: leave --new-keys-passphrase out`);
  if (typeof decryptKey(readRootKeyFile(rootKeyFile), passphrase) === "object") {
    throw new PkiFailure("the root key needs a passphrase of its own: these are the same");
  }
  return passphrase;
}

const withoutKeys = (deployment: Deployment): Deployment => ({
  ...deployment,
  lostKeys: [...new Set([...deployment.issuers, ...deployment.ocspSigners].map(({ keyFile }) => keyFile))],
});

function report(
  issuer: IssuingAuthority,
  { before, level, lost }: { readonly before: string; readonly level: CertificateLevel; readonly lost: boolean },
): string {
  const { validFromDate, validToDate } = parsedCertificate(issuer);
  const [from, until] = [validFromDate, validToDate].map((time) => time.toISOString().slice(0, 10));
  return [
    `${issuer.name}, valid from ${from} until ${until}, issues ${LEVEL_WORDS[level]} certificates from the next publish on.`,
    lost
      ? `${before} has no key any more: its CRLs and OCSP answers end with the next publish.`
      : `${before} goes on signing CRLs and naming OCSP signers for what it issued; its key stays.`,
    `Next: publish, then export-trust, for relying parties that keep a list of issuing authorities.`,
  ].join("\n");
}
