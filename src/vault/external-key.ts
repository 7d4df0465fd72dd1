// A KEK that never leaves a KMS or HSM: the Transit secrets engine of HashiCorp Vault and OpenBao, over HTTPS. Each value has a data key of
// its own, at random; the data key is what goes there to be wrapped, with the same associated data. So nothing that is stored is ever seen
// by the KMS, and what it answers cannot be put in the place of a share: the value itself opens under AES-256-GCM or not at all.
import { concatBytes, equalBytes, fromBase64, fromUtf8, toBase64, utf8 } from "../protocol/encoding.ts";
import { isKekId } from "../protocol/kek-id.ts";
import { readAtMost } from "./bounded-body.ts";
import { type KeyEncryptionKey, VaultUnavailable } from "./key-encryption-key.ts";
import { openUnder, sealUnder } from "./local-key.ts";

export interface ExternalKeyOptions {
  readonly id: string;
  /** Address of the engine, with its path and without a trailing slash: `https://kms.example.ee:8200/v1/transit`. */
  readonly url: string;
  /** Name of the key there. */
  readonly key: string;
  /** Goes there with every request, and nowhere else. */
  readonly token: string;
  readonly fetch?: typeof fetch;
  /** Of one try, in milliseconds. */
  readonly timeLimit?: number;
  /** Between tries, in milliseconds. */
  readonly pause?: (milliseconds: number) => Promise<void>;
}

const TRIES = 3;
/**
 * Of one try, its answer included. One request, with its tries and pauses, takes less than a device waits; what makes several in a row
 * (a new key: six) may take longer, and the device asks again.
 */
const TIME_LIMIT_MS = 2_000;
/** Before the second try, at most; twice that before the third. */
const PAUSE_MS = 250;
/** Bytes. A wrapped data key takes some hundred. */
const MAXIMUM_ANSWER = 16_384;
const MAXIMUM_WRAPPED_KEY = 4_096;
const DATA_KEY_LENGTH = 32;
const CHECK_LENGTH = 16;

/** What the engine says of bytes that it did not seal, or not with these associated data. Anything else may be mended on its side. */
const DAMAGED =
  /^(?:cipher: message authentication failed|invalid ciphertext: (?:unable to decrypt|no prefix|wrong number of fields|could not decode base64|version number could not be decoded))$/;

/** Throws for options that no such key can have. */
export function externalKey(options: ExternalKeyOptions): KeyEncryptionKey {
  if (!isKekId(options.id)) throw new Error("the id of a KEK must be 1 to 64 letters, digits, '-' or '_'");
  return {
    id: options.id,
    encrypt: (plaintext, associatedData) => encrypt(options, plaintext, associatedData),
    decrypt: (sealed, associatedData) => decrypt(options, sealed, associatedData),
  };
}

/**
 * Length of the wrapped data key in two bytes, that key as the KMS wrote it, a check value of the data key, then initialisation vector,
 * ciphertext and tag.
 */
async function encrypt(
  options: ExternalKeyOptions,
  plaintext: Uint8Array,
  associatedData: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  const dataKey = crypto.getRandomValues(new Uint8Array(DATA_KEY_LENGTH));
  try {
    const request = { plaintext: toBase64(dataKey), associated_data: toBase64(associatedData) };
    const { ciphertext } = (await ask(options, "encrypt", request)) ?? {};
    const wrappedKey = utf8(typeof ciphertext === "string" ? ciphertext : "");
    if (wrappedKey.length === 0 || wrappedKey.length > MAXIMUM_WRAPPED_KEY) {
      throw unavailable(options, "it wrapped nothing, or into too much");
    }
    const length = Uint8Array.of(wrappedKey.length >> 8, wrappedKey.length & 0xff);
    const sealed = await sealUnder(await importDataKey(dataKey), plaintext, associatedData);
    return concatBytes(length, wrappedKey, await checkOf(dataKey), sealed);
  } finally {
    dataKey.fill(0);
  }
}

async function decrypt(
  options: ExternalKeyOptions,
  sealed: Uint8Array,
  associatedData: Uint8Array,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const end = 2 + (((sealed[0] ?? 0) << 8) | (sealed[1] ?? 0));
  const ciphertext = textOf(sealed.subarray(2, end));
  const start = end + CHECK_LENGTH;
  if (end === 2 || sealed.length <= start || end - 2 > MAXIMUM_WRAPPED_KEY || ciphertext === undefined) return undefined;
  const opened = await ask(options, "decrypt", { ciphertext, associated_data: toBase64(associatedData) });
  if (opened === undefined) return undefined;
  const dataKey = typeof opened["plaintext"] === "string" ? fromBase64(opened["plaintext"]) : undefined;
  if (dataKey?.length !== DATA_KEY_LENGTH) throw unavailable(options, "what it unwrapped is no data key");
  try {
    // Under another one the value would look damaged, and what is damaged is thrown away.
    if (!equalBytes(await checkOf(dataKey), sealed.subarray(end, start))) {
      throw unavailable(options, "what it unwrapped is another value's data key");
    }
    return await openUnder(await importDataKey(dataKey), sealed.subarray(start), associatedData);
  } finally {
    dataKey.fill(0);
  }
}

/** Says which data key it is, and nothing of it: of 256 random bits no hash is turned round. */
async function checkOf(dataKey: Uint8Array): Promise<Uint8Array> {
  const content = concatBytes(utf8("tally-data-key-1"), dataKey);
  try {
    return new Uint8Array(await crypto.subtle.digest("SHA-256", content)).subarray(0, CHECK_LENGTH);
  } finally {
    content.fill(0);
  }
}

const importDataKey = (bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey> =>
  crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return fromUtf8(bytes);
  } catch {
    return undefined;
  }
}

type Data = Readonly<Record<string, unknown>>;
/** `later`: another try may do better. */
type Try = { readonly data: Data } | { readonly damaged: true } | { readonly problem: string; readonly later: boolean };

/** The `data` of its answer; undefined where it says that the ciphertext is none of its own. Throws VaultUnavailable. */
async function ask(options: ExternalKeyOptions, operation: "encrypt" | "decrypt", body: object): Promise<Data | undefined> {
  const { pause = sleep } = options;
  for (let tries = 1; ; tries++) {
    const outcome = await tryOnce(options, operation, JSON.stringify(body));
    if ("data" in outcome) return outcome.data;
    if ("damaged" in outcome && operation === "decrypt") return undefined;
    const problem = "problem" in outcome ? outcome : { problem: "it takes what it is to wrap for damaged", later: false };
    if (!problem.later || tries === TRIES) throw unavailable(options, problem.problem);
    // At random: those who failed together do not come again together.
    await pause(PAUSE_MS * 2 ** (tries - 1) * (0.5 + Math.random() / 2));
  }
}

async function tryOnce(
  { url, key, token, fetch: send = fetch, timeLimit = TIME_LIMIT_MS }: ExternalKeyOptions,
  operation: string,
  body: string,
): Promise<Try> {
  try {
    const response = await send(`${url}/${operation}/${encodeURIComponent(key)}`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-vault-token": token },
      body,
      // Followed, it would take the token and the data key to whoever it names.
      redirect: "manual",
      signal: AbortSignal.timeout(timeLimit),
    });
    const text = await readAtMost(response, MAXIMUM_ANSWER);
    return outcomeOf(response.status, text === undefined ? undefined : parse(text));
  } catch (error) {
    // Of another Error's text nothing is known: it may hold the address, and the address whatever an operator wrote there.
    return {
      problem: error instanceof Error && error.name === "TimeoutError" ? "it did not answer in time" : "no connection",
      later: true,
    };
  }
}

function outcomeOf(status: number, answer: Data | undefined): Try {
  if (status === 200) {
    const data = answer?.["data"];
    return isData(data) ? { data } : { problem: "its answer is none of the Transit engine", later: false };
  }
  const errors = answer?.["errors"];
  const isDamage =
    Array.isArray(errors) && errors.length > 0 && errors.every((text) => typeof text === "string" && DAMAGED.test(text));
  if (status === 400 && isDamage) return { damaged: true };
  const hint = status === 403 ? " (is its token still good?)" : status === 404 || status === 400 ? " (is there such a key?)" : "";
  return { problem: `it answered ${status}${hint}`, later: status === 429 || status >= 500 };
}

const isData = (value: unknown): value is Data => typeof value === "object" && value !== null;

function parse(text: string): Data | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isData(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const unavailable = ({ id }: ExternalKeyOptions, problem: string): VaultUnavailable =>
  new VaultUnavailable(`the KMS of the KEK ${id} cannot be used: ${problem}`);

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
