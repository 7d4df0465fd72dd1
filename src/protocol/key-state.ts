// Which keys an account has and is getting, as its device is told.
import { z } from "zod/mini";
import { KEYS_LIMIT, keyVersion, milliseconds, purpose, suite } from "./device-fields.ts";

export const suites = z.array(suite).check(z.maxLength(suite.options.length));
/** Which keys new ones take the place of: every one of the purpose, or none, in suites that the account has none of. */
export const keyChange = z.enum(["replace", "add"]);

export const keyState = {
  /** In which the keys of a new account are made. */
  suites,
  /** Those that a PIN can be used with, or, before the account is active, that are proven. */
  keys: z.array(z.strictObject({ purpose, suite, keyVersion })).check(z.maxLength(KEYS_LIMIT)),
  /**
   * New keys that are being made; `null`: none. `allowed`: the device makes them, until then. `issuing`: the server makes their
   * certificates; then they stand in `keys`, and with `replace` the ones before are gone.
   */
  reKey: z.nullable(
    z.strictObject({ purpose, change: keyChange, suites, state: z.enum(["allowed", "issuing"]), until: milliseconds }),
  ),
} as const;
