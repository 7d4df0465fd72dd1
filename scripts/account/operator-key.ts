// Where the operator's key is, and what server it speaks to: a local server's in its state folder, a deployment's in a file encrypted
// with a passphrase. The Worker never has it.
import { createPrivateKey, generateKeyPairSync, type JsonWebKey, type KeyObject } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { publicKeyOf } from "../../src/protocol/ec-public-key.ts";
import { CommandFailure, usageFailure } from "../authenticator/command-failure.ts";
import { announcedPort } from "../folder-reservation.ts";
import { decryptKey, encryptKey, SCRYPT_COST, type ScryptCost } from "../pki/key-encryption.ts";
import type { Terminal } from "../pki/terminal.ts";
import { addFile, saying } from "../pki/whole-file.ts";
import { readOperatorKey } from "../state-folder.ts";
import type { Place } from "./options.ts";

const PASSPHRASE = "TALLY_OPERATOR_PASSPHRASE";
const LEAST_PASSPHRASE = 12;

export type Asking = Pick<Terminal, "ask" | "askHidden">;

/** Who may know the passphrase. */
export interface KeyHolder {
  readonly environment: NodeJS.ProcessEnv;
  /** Undefined where nobody can be asked. */
  readonly terminal: Asking | undefined;
}

export interface Access {
  /** Origin of the server. */
  readonly url: string;
  /** ECDSA on P-256, private. */
  readonly key: KeyObject;
}

export async function openAccess(place: Place, holder: KeyHolder): Promise<Access> {
  if (place.kind === "deployment") return { url: place.url, key: await readKeyFile(place.keyFile, holder) };
  const { stateFolder } = place;
  const key = createPrivateKey({ key: JSON.parse(readOperatorKey(stateFolder)) as JsonWebKey, format: "jwk" });
  const port = announcedPort(stateFolder);
  if (port === undefined) throw new CommandFailure("server_unreachable", `No server runs on ${stateFolder}: npm start`, 3);
  return { url: `http://localhost:${port}`, key };
}

async function readKeyFile(file: string, holder: KeyHolder): Promise<KeyObject> {
  const pem = saying(file, () => readFileSync(file, "utf8"));
  const key = decryptKey(pem, await passphrase(holder, "Passphrase of the operator's key: "));
  if (key === "plain")
    throw new CommandFailure("key", `${file} is no encrypted key: npm run account -- new-key --out FILE makes one`);
  if (key === "refused") throw new CommandFailure("key", `${file} does not open: another passphrase, or the file is damaged`);
  if (key.asymmetricKeyDetails?.namedCurve !== "prime256v1") {
    throw new CommandFailure("key", `${file} is not an operator's key (ECDSA on P-256)`);
  }
  return key;
}

/** The new key's public half, as the variable OPERATOR_PUBLIC_KEY takes it. No file is overwritten. */
export async function makeKeyFile(file: string, holder: KeyHolder, cost: ScryptCost = SCRYPT_COST): Promise<string> {
  // Before anybody thinks of a passphrase.
  if (existsSync(file)) throw new CommandFailure("key", `${file} is there already, and is not overwritten`);
  const chosen = await passphrase(holder, `New passphrase (${LEAST_PASSPHRASE} characters or more): `, "The same again: ");
  if (chosen.length < LEAST_PASSPHRASE) throw usageFailure(`the passphrase has fewer than ${LEAST_PASSPHRASE} characters`);
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  addFile(file, await encryptKey(privateKey.export({ format: "der", type: "pkcs8" }), chosen, cost));
  return JSON.stringify(publicKeyOf(publicKey.export({ format: "jwk" })));
}

/** From the environment or a hidden prompt, because other users of the machine may see options. A new one is typed twice. */
async function passphrase({ environment, terminal }: KeyHolder, question: string, again?: string): Promise<string> {
  const given = environment[PASSPHRASE];
  if (given !== undefined) return given;
  if (terminal === undefined) throw usageFailure(`the key's passphrase is needed, and nobody can be asked: ${PASSPHRASE}`);
  const typed = await terminal.askHidden(question);
  if (again !== undefined && (await terminal.askHidden(again)) !== typed) {
    throw new CommandFailure("not_confirmed", "The two were not the same: nothing was made.");
  }
  return typed;
}
