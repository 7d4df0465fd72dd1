// `init`: a new hierarchy in a new folder. Everything is made in memory and appears at once, or not at all.
import { existsSync, readFileSync } from "node:fs";
import { dirname } from "node:path";
import { makeRoot } from "../../src/certificates/authority-certificate.ts";
import { confirmDate } from "./clock.ts";
import { checkTestMarks, type Configuration, parseConfiguration } from "./configuration.ts";
import type { Context } from "./context.ts";
import { type Deployment, DEPLOYMENT_VERSION, rootName } from "./deployment.ts";
import { checkNewFolder, createFolder, refuseInsideProject } from "./folder.ts";
import { makeIssuer, subjectOf } from "./issuing-authorities.ts";
import { sealKey } from "./keys.ts";
import type { Options } from "./options.ts";
import { newPassphrase } from "./passphrase.ts";
import { PkiFailure } from "./pki-failure.ts";
import { askConfiguration, confirm } from "./questions.ts";
import { makeRootList } from "./root-list.ts";
import { describe } from "./show.ts";
import { saying } from "./whole-file.ts";

export async function init(context: Context, options: Options): Promise<void> {
  const { folder, rootKeyFile } = options;
  checkNewFolder(folder);
  checkRootKeyPlace(rootKeyFile, folder);
  const configuration = await readConfiguration(context, options);
  checkTestMarks(configuration, options.test);
  if (options.config === undefined) await confirm(context, configuration);
  await confirmDate(context, options);
  const rootPassphrase = await newPassphrase(context, "root");
  const passphrase = await newPassphrase(context, "keys");
  if (rootPassphrase === passphrase) throw new PkiFailure("the root key needs a passphrase of its own: these are the same");
  context.note("Making keys and certificates …");
  const { cost, now } = context;
  const { commonNames, validity, rootCurve: curve } = configuration;
  const name = rootName(configuration.generation);
  const root = await makeRoot(
    { name, subject: subjectOf(configuration, commonNames.root), curve, years: validity.rootYears },
    now,
  );
  const made = await Promise.all(
    (["QUALIFIED", "ADVANCED"] as const).map((level) =>
      makeIssuer({ configuration, root, level, place: 1 }, { now, passphrase, cost }),
    ),
  );
  const deployment: Deployment = {
    version: DEPLOYMENT_VERSION,
    test: options.test,
    configuration,
    root: { name, certificate: root.record.certificate },
    issuers: made.map(({ issuer }) => issuer),
    ocspSigners: made.flatMap(({ signers }) => signers),
    lostKeys: [],
    rootList: await makeRootList(root, [], { before: 0, now, days: validity.rootListDays }),
  };
  const keys = new Map(made.flatMap((one) => one.keys).map(({ fileName, pem }) => [fileName, pem]));
  const { pem: rootKey } = await sealKey(name, root.privateKey, { passphrase: rootPassphrase, cost });
  createFolder(folder, { deployment, keys, rootKeyFile, rootKey });
  context.out(describe(deployment, options, now));
  context.note(nextSteps(options));
}

function checkRootKeyPlace(rootKeyFile: string, folder: string): void {
  refuseInsideProject(rootKeyFile);
  if (existsSync(rootKeyFile))
    throw new PkiFailure(`${rootKeyFile} exists already: no key is ever overwritten, name another file`);
  if (dirname(rootKeyFile) !== folder && !existsSync(dirname(rootKeyFile))) {
    throw new PkiFailure(`there is no folder ${dirname(rootKeyFile)} for the root key`);
  }
}

async function readConfiguration(context: Context, { config }: Options): Promise<Configuration> {
  if (config === undefined) return askConfiguration(context);
  const text = saying(config, () => readFileSync(config, "utf8"));
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw new PkiFailure(`${config} is not JSON`);
  }
  return parseConfiguration(config, content);
}

const nextSteps = ({ folder, rootKeyFile }: Options): string =>
  [
    "",
    "What goes where:",
    `  ${rootKeyFile}  offline, in two copies in two places, and nowhere else; only`,
    "      init, rotate-issuer and renew-root-crl ever need it",
    `  ${folder}  the rest, backed up as a whole; publish takes it to the Worker`,
    "  passphrases  apart from both: who loses one, loses the keys under it",
    "Compare the root's fingerprint with what relying parties get (export-trust). docs/pki.md says what is due when.",
  ].join("\n");
