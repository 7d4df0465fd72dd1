// The folder that keeps everything of a local server: secrets.json with the secrets (made once), pki/ with the trust anchors for
// openssl, running.lock and running.json (folder-reservation.ts), v3/ with the databases of the local runtime (stored-data.ts), client/
// with the files for browsers, copied anew at each start.
// Throws StartFailure where the folder cannot be used; never repairs or overwrites secrets, because data depends on them. What a
// file of an earlier version could not have is added.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { onDisk } from "./disk-failure.ts";
import { makeOcspKeys, missingOcspSigners } from "./local-ocsp-signers.ts";
import { type LocalSecrets, makeLocalSecrets, makeOperatorKey } from "./local-secrets.ts";
import { lastingTimeStampSigner } from "./local-time-stamp-signer.ts";
import { makeServerSecret } from "./secrets/server-secrets.ts";
import { StartFailure } from "./start-failure.ts";

/** Raised whenever an older Tally could not use the file any more. */
const STATE_VERSION = 4;

const coordinate = z.string().min(1);
const privateJwk = z.object({ kty: z.literal("EC"), crv: z.literal("P-256"), x: coordinate, y: coordinate, d: coordinate });
const key = z.string().regex(/^[A-Za-z0-9+/]{43}=$/, "is not 32 bytes in base64");
/** One, or several by their ids. */
const keks = z
  .string()
  .regex(
    /^(?:[A-Za-z0-9+/]{43}=|[\w-]{1,64}:[A-Za-z0-9+/]{43}=(?:\s+[\w-]{1,64}:[A-Za-z0-9+/]{43}=)*)$/,
    "is not 32 bytes in base64",
  );
const pkcs8 = z.base64().min(100, "is not a private key in base64");
const jwk = z.string().refine((text) => isPrivateJwk(text), "is not a private JWK");

const secretsOfVersion1 = z.object({
  KEK: keks,
  ISSUER_KEY_QUALIFIED: pkcs8,
  ISSUER_KEY_NON_QUALIFIED: pkcs8,
  CHANNEL_SIGNING_KEY: jwk,
  CHANNEL_ENCRYPTION_KEY: jwk,
  SESSION_NAME_KEY: key,
});
const secretsOfVersion2 = secretsOfVersion1.extend({ VAPID_PRIVATE_KEY: jwk });
const secretsOfVersion3 = secretsOfVersion2.extend({ OCSP_KEY_QUALIFIED: pkcs8, OCSP_KEY_NON_QUALIFIED: pkcs8 });
const authorities = z
  .array(z.object({ name: z.string(), level: z.enum(["ADVANCED", "QUALIFIED"]).nullable(), certificate: z.base64().min(1) }))
  .min(1);
const ocspSigners = z.array(z.object({ authority: z.string(), certificate: z.base64().min(1) }));
const time = z.number().int().positive();
const revocationLists = z.array(
  z.object({
    authority: z.string(),
    number: time,
    thisUpdate: time,
    nextUpdate: time,
    digest: z.hex().length(64),
    list: z.base64().min(1),
  }),
);

const signer = z.object({ certificate: z.base64().min(1), privateKey: pkcs8 });
const contentOfVersion3 = z.object({
  version: z.literal(3),
  secrets: secretsOfVersion3,
  authorities,
  ocspSigners,
  revocationLists,
});

const stateFile = z.discriminatedUnion("version", [
  z.object({ version: z.literal(1), secrets: secretsOfVersion1, authorities }),
  z.object({ version: z.literal(2), secrets: secretsOfVersion2, authorities }),
  contentOfVersion3,
  contentOfVersion3.extend({ version: z.literal(STATE_VERSION), operatorKey: jwk, timeStampSigner: signer }),
]);

/** The folder's secrets, made now where the folder is new. */
export async function openStateFolder(folder: string, pkiBaseUrl: string): Promise<LocalSecrets> {
  const file = join(folder, "secrets.json");
  const found = onDisk(folder, () => (existsSync(file) ? readFileSync(file, "utf8") : undefined));
  const state =
    found === undefined ? await makeState(folder, file, pkiBaseUrl) : await readState(folder, file, found, pkiBaseUrl);
  onDisk(folder, () => {
    mkdirSync(join(folder, "pki"), { recursive: true });
    for (const { name, certificate } of state.authorities) writeFileSync(join(folder, "pki", `${name}.pem`), pem(certificate));
  });
  return state;
}

/**
 * The private key that signs the operator's orders (JWK, ES256, JSON). Looks only: an older folder gets its key at the next start of
 * the server. StartFailure where there is none.
 */
export function readOperatorKey(folder: string): string {
  const file = join(folder, "secrets.json");
  const found = onDisk(folder, () => (existsSync(file) ? readFileSync(file, "utf8") : undefined));
  if (found === undefined) throw new StartFailure(`there is no local server in ${folder}: name its state folder with --state`);
  const state = parseState(folder, file, found);
  if (state.version === STATE_VERSION) return state.operatorKey;
  throw new StartFailure(`${folder} is of an older version of Tally: start its server once, then try again`);
}

async function makeState(folder: string, file: string, pkiBaseUrl: string): Promise<LocalSecrets> {
  if (onDisk(folder, () => existsSync(join(folder, "v3")))) {
    throw new StartFailure(`${file} is missing, and the data in ${folder} is worth nothing without it: ${startAfresh(folder)}`);
  }
  const state = await makeLocalSecrets({ pkiBaseUrl, now: Date.now() });
  writeState(folder, file, state);
  return state;
}

function writeState(folder: string, file: string, state: LocalSecrets): void {
  onDisk(folder, () => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // A rename is all or nothing: a start that is cut off leaves no half of a secret.
    writeFileSync(`${file}.new`, `${JSON.stringify({ version: STATE_VERSION, ...state }, null, 2)}\n`, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  });
}

async function readState(folder: string, file: string, text: string, pkiBaseUrl: string): Promise<LocalSecrets> {
  const { version, ...found } = await completed(parseState(folder, file, text));
  const now = Date.now();
  const made = await Promise.all([missingOcspSigners(found, now), lastingTimeStampSigner(found, pkiBaseUrl, now)]).catch(() => {
    throw new StartFailure(`${file} is damaged (keys and certificates do not go together): ${startAfresh(folder)}`);
  });
  const [missing, timeStampSigner] = made;
  const state = { ...found, ocspSigners: [...found.ocspSigners, ...missing], timeStampSigner };
  const isNew = missing.length > 0 || timeStampSigner !== found.timeStampSigner;
  if (version !== STATE_VERSION || isNew) writeState(folder, file, state);
  return state;
}

type StateFile = z.output<typeof stateFile>;
type Completed = Omit<LocalSecrets, "timeStampSigner"> & {
  /** The one of the file. */
  readonly version: number;
  readonly timeStampSigner?: LocalSecrets["timeStampSigner"] | undefined;
};

/** With what the versions before this one did not have, save certificates: those are made where they are renewed. */
async function completed(found: StateFile): Promise<Completed> {
  const { version } = found;
  switch (version) {
    case 1: {
      const secrets = { ...found.secrets, VAPID_PRIVATE_KEY: await makeServerSecret("VAPID_PRIVATE_KEY") };
      return { ...(await completed({ ...found, version: 2, secrets })), version };
    }
    case 2: {
      // Nobody has the root's key any more, so there is no CRL of the root.
      const added = { secrets: { ...found.secrets, ...makeOcspKeys() }, ocspSigners: [], revocationLists: [] };
      return { ...(await completed({ ...found, version: 3, ...added })), version };
    }
    case 3:
      return { ...found, operatorKey: await makeOperatorKey() };
    case STATE_VERSION:
      return found;
  }
}

function parseState(folder: string, file: string, text: string): StateFile {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw new StartFailure(`${file} is damaged (not JSON): ${startAfresh(folder)}`);
  }
  const { version } = z.looseObject({ version: z.number().optional() }).safeParse(content).data ?? {};
  if (version !== undefined && version > STATE_VERSION) throw newerState(folder);
  const parsed = stateFile.safeParse(content);
  if (parsed.success) return parsed.data;
  const [problem] = parsed.error.issues;
  const place = problem?.path.join(".") || "content";
  const missing = problem?.code === "invalid_type" && problem.message.endsWith("received undefined");
  const what = missing ? "is missing" : (problem?.message ?? "is wrong");
  throw new StartFailure(`${file} is damaged (${place}: ${what}): ${startAfresh(folder)}`);
}

export function newerState(folder: string): StartFailure {
  return new StartFailure(`${folder} was made by a newer version of Tally: update Tally, or choose another folder with --state`);
}

function startAfresh(folder: string): string {
  return `restore it from a copy, or delete ${folder} to start afresh (local accounts are lost)`;
}

export function pem(base64: string): string {
  const lines = base64.match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

function isPrivateJwk(text: string): boolean {
  try {
    return privateJwk.safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}
