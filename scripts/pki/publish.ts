// `publish`: takes the public half of a hierarchy to D1 and the keys of issuing authorities and OCSP signers to the secrets store. Rows
// first, then OCSP keys, then issuers' keys: nothing is issued by an authority that is not known, nor without anybody to sign its
// status. A key that is not needed any more leaves its secret, while its rows stay. May be run again and again.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { firstProblem } from "./configuration.ts";
import type { Context } from "./context.ts";
import { type Deployment, parsedCertificate } from "./deployment.ts";
import { alone, readDeployment } from "./folder.ts";
import type { Options, Target } from "./options.ts";
import { knownPassphrase } from "./passphrase.ts";
import { PkiFailure } from "./pki-failure.ts";
import { rowsAsSql } from "./rows.ts";
import { PKI_SECRETS, secretValues } from "./secrets.ts";
import { writeThrough } from "./whole-file.ts";
import { listSecrets, putSecret, querySql, runSqlFile, type WranglerInput } from "./wrangler.ts";

const STORED = `SELECT name, level, certificate FROM certificate_authorities; SELECT issuer, max(not_after) AS not_after FROM certificates GROUP BY issuer`;
const stored = z.tuple([
  z.array(z.looseObject({ name: z.string(), level: z.string().nullable(), certificate: z.string() })),
  z.array(z.looseObject({ issuer: z.string(), not_after: z.number() })),
]);

export const publish = (context: Context, options: Options): Promise<void> =>
  alone(options.folder, async () => {
    const { folder, target, wranglerConfig } = options;
    if (target === undefined) throw new Error("a target is checked with the options");
    const deployment = readDeployment(folder);
    // Loaded only now: it brings wrangler along, which takes a second or two.
    const { checkWorkerConfiguration } = await import("./worker-configuration.ts");
    const places = checkWorkerConfiguration(wranglerConfig, deployment, target);
    const passphrase = await knownPassphrase(context, "keys");
    const wrangler: WranglerInput = { target, configuration: wranglerConfig, environment: context.environment };
    context.note("Looking at what is there …");
    const inUse = await checkStored(wrangler, deployment);
    const values = secretValues(folder, deployment, { passphrase, now: context.now, inUse });
    context.note("D1: authorities, OCSP signers, the root's CRL …");
    await writeRows(wrangler, deployment);
    const [store = ""] = [...places.values()].map((place) => place.store);
    const existing = await listSecrets(wrangler, store);
    for (const secret of PKI_SECRETS) {
      const place = places.get(secret);
      const value = values.get(secret);
      if (place === undefined || value === undefined) throw new Error(`${secret} has no place or no value`);
      const count = value.split("\n").length;
      context.note(`Secrets store: ${place.name}, ${count === 1 ? "one key" : `${count} keys`} …`);
      await putSecret(wrangler, { ...place, id: existing.get(place.name), value });
    }
    context.out(`Published ${where(target)}. The Worker takes it up within a minute.`);
    if (deployment.test)
      context.note('This is a TEST hierarchy: a Worker issues with it where LOCAL_MODE is "true" and nowhere else.');
  });

/** By authority, until when certificates are valid. PkiFailure where a name there is another authority's. */
async function checkStored(wrangler: WranglerInput, { root, issuers }: Deployment): Promise<ReadonlyMap<string, number>> {
  let answer: unknown;
  try {
    answer = await querySql(wrangler, STORED);
  } catch (error) {
    if (!(error instanceof PkiFailure) || !error.message.includes("no such table")) throw error;
    const target = wrangler.target.kind === "remote" ? "--remote" : `--local --persist-to ${wrangler.target.folder}`;
    throw new PkiFailure(`the database has no tables yet: npx wrangler d1 migrations apply DATABASE ${target}`);
  }
  const parsed = stored.safeParse(answer);
  if (!parsed.success)
    throw new PkiFailure(`the database answers in a form that is not known here: ${firstProblem(parsed.error)}`);
  const [authorities, certificates] = parsed.data;
  checkAuthorities(authorities, { root, issuers });
  return new Map(certificates.map(({ issuer, not_after }) => [issuer, not_after]));
}

/** Names stand in addresses inside certificates: two authorities never share one, and none is forgotten. `found`: what D1 has. */
export function checkAuthorities(
  found: z.output<typeof stored>[0],
  { root, issuers }: Pick<Deployment, "root" | "issuers">,
): void {
  const own = new Map([{ ...root, level: null }, ...issuers].map((authority) => [authority.name, authority]));
  for (const authority of found) {
    const { name, level, certificate } = authority;
    const mine = own.get(name);
    if (mine === undefined && isIssuedBy(authority, root)) {
      throw new PkiFailure(
        `the database has an authority ${name} of this root, which this folder does not know: it is an old copy`,
      );
    }
    if (mine !== undefined && (mine.certificate !== certificate || mine.level !== level)) {
      throw new PkiFailure(
        `the database has another authority named ${name}: it belongs to another hierarchy or another copy of this folder, and nothing was changed`,
      );
    }
  }
}

function isIssuedBy(authority: { readonly certificate: string }, root: { readonly certificate: string }): boolean {
  try {
    return parsedCertificate(authority).verify(parsedCertificate(root).publicKey);
  } catch {
    return false;
  }
}

async function writeRows(wrangler: WranglerInput, deployment: Deployment): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "tally-pki-"));
  try {
    const file = join(folder, "rows.sql");
    writeThrough(file, rowsAsSql(deployment));
    await runSqlFile(wrangler, file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const where = (target: Target): string => (target.kind === "remote" ? "to the operator's account" : `in ${target.folder}`);
