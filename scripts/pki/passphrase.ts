// The passphrases: the root's, the one of all other keys, and that of the backup of secrets. From the environment or a hidden prompt, never from the command line,
// which every user of a machine may read.
import type { Context } from "./context.ts";
import { PkiFailure } from "./pki-failure.ts";

const LEAST_LENGTH = 12;
/** Keyboards of different systems give different bytes for one accented letter. */
const FORM = "NFC";

/** Whom to ask, where the environment does not say. */
export type Asking = Pick<Context, "environment" | "terminal">;

export type PassphraseName = "root" | "keys" | "secrets";

const VARIABLES: Readonly<Record<PassphraseName, string>> = {
  root: "TALLY_ROOT_PASSPHRASE",
  keys: "TALLY_KEYS_PASSPHRASE",
  secrets: "TALLY_SECRETS_PASSPHRASE",
};
const OWNERS: Readonly<Record<PassphraseName, string>> = {
  root: "the root key",
  keys: "the keys of issuing authorities and OCSP signers",
  secrets: "the backup of the Worker's secrets",
};

/** For keys that exist. */
export async function knownPassphrase(context: Asking, name: PassphraseName): Promise<string> {
  return fromEnvironment(context, name) ?? (await askHidden(context, name, `Passphrase of ${OWNERS[name]}: `));
}

/** For keys that are about to be made; typed twice. */
export async function newPassphrase(context: Asking, name: PassphraseName): Promise<string> {
  const given = fromEnvironment(context, name);
  if (given !== undefined) return checked(given, name);
  const question = `New passphrase for ${OWNERS[name]} (${LEAST_LENGTH} characters or more): `;
  const first = checked(await askHidden(context, name, question), name);
  if ((await askHidden(context, name, "The same again: ")) !== first)
    throw new PkiFailure("the two were not the same: nothing was made");
  return first;
}

const fromEnvironment = ({ environment }: Asking, name: PassphraseName): string | undefined =>
  environment[VARIABLES[name]]?.normalize(FORM);

const askHidden = async (context: Asking, name: PassphraseName, question: string): Promise<string> =>
  (await terminalOf(context, name).askHidden(question)).normalize(FORM);

function terminalOf({ terminal }: Asking, name: PassphraseName) {
  if (terminal === undefined) {
    throw new PkiFailure(
      `the passphrase of ${OWNERS[name]} is needed, and there is no terminal to ask on: set ${VARIABLES[name]}`,
    );
  }
  return terminal;
}

function checked(passphrase: string, name: PassphraseName): string {
  if ([...passphrase].length >= LEAST_LENGTH) return passphrase;
  throw new PkiFailure(`the passphrase for ${OWNERS[name]} is shorter than ${LEAST_LENGTH} characters`);
}
