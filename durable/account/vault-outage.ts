// A vault that cannot be asked: said to the operator in the log, and to the caller as a value. Whatever awaits a vault does so before
// anything is decided, so that nobody pays for an outage.
import { VaultUnavailable } from "../../src/vault/key-encryption-key.ts";

/** Undefined while nothing can be wrapped or unwrapped. Every other failure is thrown on. */
export async function unlessUnavailable<Value>(work: Promise<Value>): Promise<Value | undefined> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof VaultUnavailable)) throw error;
    console.error("the vault is out of reach:", error.message);
    return undefined;
  }
}
