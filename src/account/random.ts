// What the server's objects draw at random.
import { toBase64Url } from "../protocol/encoding.ts";

export const randomBytes = (length: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(length));
/** 16 random bytes, base64url. */
export const randomIdentifier = (): string => toBase64Url(randomBytes(16));
/** 32 random bytes, base64url. */
export const randomOneTimePassword = (): string => toBase64Url(randomBytes(32));
