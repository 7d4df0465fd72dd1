// What the answers of the test that runs now did against the document. Wherever a test receives an answer, it is noted here; the set-up of
// the tests asks for it after each of them.
import { contractFaults, type Exchange, isOfContract } from "./contract.ts";

const faults: string[] = [];

/** Of a HEAD there is nothing to hold against anything. */
export const isObserved = (method: string, url: string): boolean => method !== "HEAD" && isOfContract(url);

export function observe(exchange: Exchange): void {
  faults.push(...contractFaults(exchange));
}

/** What was noted since it was asked for last. */
export const takeFaults = (): readonly string[] => faults.splice(0);

/** Throws where something was noted. */
export function refuseFaults(): void {
  const taken = takeFaults();
  if (taken.length > 0) throw new Error(`not as /openapi.json says:\n${taken.join("\n")}`);
}
