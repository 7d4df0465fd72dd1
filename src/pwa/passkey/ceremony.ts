// What the browser is asked about passkeys: make one, and use it for what its PRF extension gives (WebAuthn Level 3, 10.1.4). No server
// takes part and no signature is looked at: what a passkey gives is its own proof, since the shares open with it or do not. The output
// goes to its one use as a buffer and is kept nowhere.
import { failed, type Result, success } from "../../account/result.ts";
import type { Passkey } from "../../authenticator/device-record.ts";
import { storedBytes } from "../../authenticator/device-record.ts";
import { PRF_OUTPUT_LENGTH } from "../../authenticator/passkey-wrap.ts";
import { toBase64Url } from "../../protocol/encoding.ts";

/** `not-used`: cancelled, timed out, or not there any more, which no browser tells apart. `unsupported`: it never will, here. */
export type PasskeyTrouble = "not-used" | "unsupported";

interface MadePasskey {
  readonly passkey: Passkey;
  /** Undefined where the platform gives it at a use only. */
  readonly output: ArrayBuffer | undefined;
}

/** Time to find a finger, or a security key in a bag. */
const PATIENCE_MS = 120_000;
const RANDOM_LENGTH = 32;
/** ES256, EdDSA, RS256: whatever an authenticator can make, since no signature of it is ever looked at. */
const ALGORITHMS = [-7, -8, -257];

/** Whether there is hope: browsers that do not say are asked by making one. */
export async function mayHavePasskeys(): Promise<boolean> {
  const { PublicKeyCredential: here } = globalThis as { PublicKeyCredential?: typeof PublicKeyCredential };
  if (here === undefined) return false;
  const { getClientCapabilities } = here as { getClientCapabilities?: () => Promise<Readonly<Record<string, boolean>>> };
  const capabilities = await getClientCapabilities?.call(here).catch(() => undefined);
  return capabilities?.["extension:prf"] !== false;
}

/**
 * `name`: under which the person finds it among their passkeys. To be called in the press of a button. One that cannot give what is needed
 * is forgotten again.
 */
export async function makePasskey(name: string, signal?: AbortSignal): Promise<Result<MadePasskey, PasskeyTrouble>> {
  const salt = random(RANDOM_LENGTH);
  const made = await ask(() =>
    navigator.credentials.create({
      ...(signal !== undefined && { signal }),
      publicKey: {
        rp: { id: location.hostname, name: "Tally" },
        // Nobody looks a person up by it: each account of this browser has a passkey of its own.
        user: { id: random(RANDOM_LENGTH), name, displayName: name },
        challenge: random(RANDOM_LENGTH),
        pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: "public-key", alg })),
        authenticatorSelection: { residentKey: "preferred", userVerification: "required" },
        attestation: "none",
        timeout: PATIENCE_MS,
        extensions: { prf: { eval: { first: salt } } },
      },
    }),
  );
  if (!made.ok) return made;
  const passkey = { credentialId: toBase64Url(new Uint8Array(made.value.rawId)), salt: toBase64Url(salt) };
  const { enabled, results } = made.value.getClientExtensionResults().prf ?? {};
  const output = outputOf(results);
  if (enabled === true || output !== undefined) return success({ passkey, output });
  await forgetPasskey(passkey);
  return failed("unsupported");
}

/** 32 bytes that only this passkey gives, and only after it has verified its person. To be called in the press of a button. */
export async function usePasskey(passkey: Passkey, signal?: AbortSignal): Promise<Result<ArrayBuffer, PasskeyTrouble>> {
  const used = await ask(() =>
    navigator.credentials.get({
      ...(signal !== undefined && { signal }),
      publicKey: {
        rpId: location.hostname,
        challenge: random(RANDOM_LENGTH),
        allowCredentials: [{ type: "public-key", id: storedBytes(passkey.credentialId) }],
        userVerification: "required",
        timeout: PATIENCE_MS,
        extensions: { prf: { eval: { first: storedBytes(passkey.salt) } } },
      },
    }),
  );
  if (!used.ok) return used;
  const output = outputOf(used.value.getClientExtensionResults().prf?.results);
  return output === undefined ? failed("unsupported") : success(output);
}

/** Where the browser has a way to say so: it wraps nothing any more, and need not be offered again. */
export async function forgetPasskey({ credentialId }: Passkey): Promise<void> {
  const { signalUnknownCredential } = PublicKeyCredential as {
    signalUnknownCredential?: (of: { readonly rpId: string; readonly credentialId: string }) => Promise<void>;
  };
  await signalUnknownCredential?.call(PublicKeyCredential, { rpId: location.hostname, credentialId }).catch(() => undefined);
}

async function ask(ceremony: () => Promise<Credential | null>): Promise<Result<PublicKeyCredential, PasskeyTrouble>> {
  try {
    const credential = await ceremony();
    return credential === null ? failed("not-used") : success(credential as PublicKeyCredential);
  } catch (error) {
    // A host that is an address, a browser without passkeys or one that knows no such options.
    if (error instanceof TypeError) return failed("unsupported");
    if (!(error instanceof DOMException)) throw error;
    return failed(error.name === "SecurityError" || error.name === "NotSupportedError" ? "unsupported" : "not-used");
  }
}

/** In a buffer of its own; undefined for anything else than 32 bytes. */
function outputOf(results: AuthenticationExtensionsPRFValues | undefined): ArrayBuffer | undefined {
  const first = results?.first;
  if (first?.byteLength !== PRF_OUTPUT_LENGTH) return undefined;
  if (first instanceof ArrayBuffer) return first;
  const bytes = new Uint8Array(first.buffer, first.byteOffset, first.byteLength);
  const own = bytes.slice().buffer;
  bytes.fill(0);
  return own;
}

const random = (length: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(length));
