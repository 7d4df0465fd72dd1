// `publish`: takes the public half of a hierarchy to D1 and the keys of issuing authorities and OCSP signers to the secrets store.
// Certificates first, then OCSP keys, then issuers' keys: nothing is issued by an authority that is not known, nor without anybody to
// sign its status. A CRL that revokes an authority comes last, when another one's key is there. A key that is not needed any more
// leaves its secret, while its rows stay. May be run again and again.
import { mkdirSync, statSync } from "node:fs";
import { CERTIFICATE_LEVELS } from "../../src/account/purpose.ts";
import { querySql, runSql } from "../wrangler/database.ts";
import { type Target, WranglerFailure, type WranglerInput } from "../wrangler/run.ts";
import { listSecrets, putSecret } from "../wrangler/secrets-store.ts";
import type { Context } from "./context.ts";
import { currentIssuer, type Deployment, parsedCertificate, type Publication } from "./deployment.ts";
import { alone, readDeployment, refuseInsideProject, saveDeployment } from "./folder.ts";
import type { Options } from "./options.ts";
import { knownPassphrase } from "./passphrase.ts";
import { PkiFailure } from "./pki-failure.ts";
import { certificateRows, rootListRow, rowsDigest } from "./rows.ts";
import { PKI_SECRETS, secretValues } from "./secrets.ts";
import { checkStored, parseStored, revokesMore, SELECT_STORED, type StoredRows } from "./stored-rows.ts";
import { saying } from "./whole-file.ts";

export const publish = (context: Context, options: Options): Promise<void> =>
  alone(options.folder, async () => {
    const { folder, target, wranglerConfig } = options;
    if (target === undefined) throw new Error("a target is checked with the options");
    const deployment = readDeployment(folder);
    checkValidity(deployment, context.now);
    // Loaded only now: it brings wrangler along, which takes a second or two.
    const { checkWorkerConfiguration } = await import("./worker-configuration.ts");
    const places = checkWorkerConfiguration(wranglerConfig, deployment, target);
    const [store = ""] = [...places.values()].map((place) => place.store);
    if (target.kind === "local" && !deployment.test) keepPrivate(context, target.folder);
    const passphrase = await knownPassphrase(context, "keys");
    const wrangler: WranglerInput = { target, configuration: wranglerConfig, environment: context.environment };
    context.note("Looking at what is there …");
    const { stored, existing } = await lookAt(wrangler, store);
    checkStored(stored, deployment, context.now);
    const values = secretValues(folder, deployment, { passphrase, now: context.now, inUse: stored.inUse });
    const present = new Set([...stored.authorities, ...stored.signers].map(({ certificate }) => certificate));
    const revokes = revokesMore(stored, deployment);
    context.note(`D1: authorities, OCSP signers${revokes ? "" : ", the root's CRL"} …`);
    await runSql(wrangler, [...certificateRows(deployment, present), ...(revokes ? [] : [rootListRow(deployment)])]);
    for (const secret of PKI_SECRETS) {
      const place = places.get(secret);
      const value = values.get(secret);
      if (place === undefined || value === undefined) throw new Error(`${secret} has no place or no value`);
      const count = value.split("\n").length;
      context.note(`Secrets store: ${place.name}, ${count === 1 ? "one key" : `${count} keys`} …`);
      await putSecret(wrangler, { ...place, id: existing.get(place.name), value });
    }
    if (revokes) {
      context.note("D1: the root's CRL, which revokes …");
      await runSql(wrangler, [rootListRow(deployment)]);
    }
    remember(folder, deployment, { ...placeOf(target, store), publishedAt: context.now });
    context.out(`Published ${where(target)}. The Worker takes it up within a minute.`);
    if (deployment.test)
      context.note('This is a TEST hierarchy: a Worker issues with it where LOCAL_MODE is "true" and nowhere else.');
  });

/** PkiFailure for what nobody would accept now: a CRL or an issuing authority of the past or, by one of two clocks, of the future. */
export function checkValidity(deployment: Deployment, now: number): void {
  const issuers = CERTIFICATE_LEVELS.map((level) => currentIssuer(deployment, level));
  const { thisUpdate, nextUpdate } = deployment.rootList;
  const terms = [
    { what: "the root's CRL", from: thisUpdate, to: nextUpdate, cure: "renew-root-crl" },
    ...issuers.map((issuer) => {
      const { validFromDate, validToDate } = parsedCertificate(issuer);
      return { what: issuer.name, from: validFromDate.getTime(), to: validToDate.getTime(), cure: "rotate-issuer" };
    }),
  ];
  for (const { what, from, to, cure } of terms) {
    if (now < from) {
      const times = `only from ${new Date(from).toISOString()} on, and it is ${new Date(now).toISOString()}`;
      throw new PkiFailure(
        `${what} is valid ${times} here: is this machine's clock right, or that of the one where it was made?`,
      );
    }
    if (now >= to) throw new PkiFailure(`${what} ended on ${new Date(to).toISOString()}: ${cure} first`);
  }
}

/** The local secrets store keeps keys as they are, in files that everybody may read. */
function keepPrivate(context: Context, folder: string): void {
  refuseInsideProject(folder);
  saying(folder, () => mkdirSync(folder, { recursive: true, mode: 0o700 }));
  // Windows has no such modes.
  if (process.platform !== "win32" && (saying(folder, () => statSync(folder)).mode & 0o077) !== 0) {
    throw new PkiFailure(`others can look into ${folder}, where keys would lie in the clear: chmod 700 ${folder}`);
  }
  context.note(`Keys come into ${folder} IN THE CLEAR: delete it when the trial is over.`);
}

/** What D1 has, and ids of the secrets by name. Both at once: each takes wrangler seconds. */
async function lookAt(wrangler: WranglerInput, store: string) {
  const [rows, secrets] = await Promise.allSettled([querySql(wrangler, SELECT_STORED), listSecrets(wrangler, store)]);
  if (rows.status === "rejected") throw withMigrations(rows.reason, wrangler.target);
  if (secrets.status === "rejected") throw secrets.reason;
  const stored: StoredRows = parseStored(rows.value);
  return { stored, existing: secrets.value };
}

function withMigrations(error: unknown, target: Target): unknown {
  if (!(error instanceof WranglerFailure) || !error.message.includes("no such table")) return error;
  const words = target.kind === "remote" ? "--remote" : `--local --persist-to ${target.folder}`;
  return new PkiFailure(`the database has no tables yet: npx wrangler d1 migrations apply DATABASE ${words}`);
}

type Place = Pick<Publication, "kind" | "place">;

const placeOf = (target: Target, store: string): Place => ({
  kind: target.kind,
  place: target.kind === "remote" ? store : target.folder,
});

/** So that `show` knows what has not been published yet. */
function remember(folder: string, deployment: Deployment, publication: Omit<Publication, "digest">): void {
  const { publications = [] } = deployment;
  const others = publications.filter(({ kind, place }) => kind !== publication.kind || place !== publication.place);
  saveDeployment(folder, { ...deployment, publications: [...others, { ...publication, digest: rowsDigest(deployment) }] });
}

const where = (target: Target): string => (target.kind === "remote" ? "to the operator's account" : `in ${target.folder}`);
