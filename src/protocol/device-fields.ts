// The small parts that messages of the device channel are made of.
import { z } from "zod/mini";

export const purpose = z.enum(["auth", "sign"]);
export const suite = z.enum(["rsa", "ed25519"]);
export type SuiteName = z.infer<typeof suite>;
/** An account has one key of each purpose and suite. */
export const KEYS_LIMIT = purpose.options.length * suite.options.length;
export const level = z.enum(["ADVANCED", "QUALIFIED"]);
/** 16 random bytes, base64url. */
export const identifier = z.string().check(z.regex(/^[A-Za-z0-9_-]{22}$/));
/** Given by whoever made the transaction: a UUID or an identifier. */
export const transactionId = z.string().check(z.regex(/^[A-Za-z0-9_-]{22,36}$/));
export const bytes = z.string().check(z.regex(/^[A-Za-z0-9_-]*$/));
/** 32 of them, base64url. */
export const bytes32 = bytes.check(z.length(43));
export const keyVersion = z.int().check(z.minimum(1), z.maximum(1_000_000));
export const milliseconds = z.int().check(z.minimum(0));
