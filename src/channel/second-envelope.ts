// The inner envelope around everything that could test a PIN: contributions and the device's secret key-generation messages.
// A compact JWE, ECDH-ES with an ephemeral key that is forgotten at once, to the server's published key: recorded traffic
// plus a stolen device, channel key included, opens none of them.
import { CompactEncrypt, compactDecrypt, importJWK } from "jose";
import { z } from "zod/mini";
import { fromBase64Url, fromUtf8, toBase64Url, utf8 } from "../protocol/encoding.ts";
import { type EcPublicKey, ecPublicKeySchema } from "../protocol/ec-public-key.ts";

const MAXIMUM_LENGTH = 8 * 1024;

/** What an envelope is sealed for. Compared before payment, so that none can be moved into another message. */
export interface EnvelopeBinding {
  readonly handle: string;
  readonly requestId: string;
  readonly operation: string;
  /** The transaction, challenge or key that it belongs to. */
  readonly subject: string;
}

const text = (most: number) => z.string().check(z.maxLength(most));
const bytes = z.pipe(
  text(2048),
  z.transform((value, { issues }) => {
    const decoded = fromBase64Url(value);
    if (decoded === undefined) issues.push({ code: "custom", input: value });
    return decoded ?? z.NEVER;
  }),
);

const contentSchema = z.strictObject({
  binding: z.tuple([text(64), text(64), text(64), text(64)]),
  contents: z.record(text(32), bytes).check(z.refine((contents) => Object.keys(contents).length <= 4)),
});

const headerSchema = z.strictObject({
  alg: z.literal("ECDH-ES"),
  enc: z.literal("A256GCM"),
  epk: ecPublicKeySchema,
});

const bindingList = (binding: EnvelopeBinding): readonly string[] => [
  binding.handle,
  binding.requestId,
  binding.operation,
  binding.subject,
];

export async function sealSecondEnvelope(
  serverKey: EcPublicKey,
  binding: EnvelopeBinding,
  contents: Readonly<Record<string, Uint8Array>>,
): Promise<string> {
  const encoded = Object.fromEntries(Object.entries(contents).map(([name, value]) => [name, toBase64Url(value)]));
  return new CompactEncrypt(utf8(JSON.stringify({ binding: bindingList(binding), contents: encoded })))
    .setProtectedHeader({ alg: "ECDH-ES", enc: "A256GCM" })
    .encrypt(await importJWK(serverKey, "ECDH-ES"));
}

/** Undefined where it does not open, is bound to anything else, or is malformed. */
export async function openSecondEnvelope(
  privateKey: JsonWebKey,
  binding: EnvelopeBinding,
  envelope: string,
): Promise<Readonly<Record<string, Uint8Array>> | undefined> {
  if (envelope.length > MAXIMUM_LENGTH || !hasExpectedHeader(envelope)) return undefined;
  try {
    const key = await importJWK(privateKey as Parameters<typeof importJWK>[0], "ECDH-ES");
    const options = { keyManagementAlgorithms: ["ECDH-ES"], contentEncryptionAlgorithms: ["A256GCM"] };
    const { plaintext } = await compactDecrypt(envelope, key, options);
    const content = contentSchema.safeParse(JSON.parse(fromUtf8(plaintext))).data;
    const bound = bindingList(binding).every((value, index) => content?.binding[index] === value);
    return bound ? content?.contents : undefined;
  } catch {
    return undefined;
  }
}

function hasExpectedHeader(envelope: string): boolean {
  // Each segment in its one spelling: decoders skip white space and stray bits.
  const [header, ...segments] = envelope.split(".").map(fromBase64Url);
  if (header === undefined || segments.includes(undefined)) return false;
  try {
    const json = fromUtf8(header);
    const parsed: unknown = JSON.parse(json);
    // Nor a member twice, of which another reader might take the other one (RFC 7515 §4).
    return headerSchema.safeParse(parsed).success && JSON.stringify(parsed) === json;
  } catch {
    return false;
  }
}
