// Where objects run and keep their data: all of them in the one jurisdiction that the operator named, or wherever each was first asked
// for. An id belongs to its jurisdiction, so the variable may not change while accounts exist.
import type { Environment } from "../src/environment.ts";

const JURISDICTIONS = ["eu", "us", "fedramp", "fedramp-high"] as const;

const located = new WeakMap<Environment, Environment>();

/** The environment with its object namespaces in the jurisdiction. Throws for a name that is none: data must not go elsewhere. */
export function inJurisdiction(environment: Environment): Environment {
  const { JURISDICTION, ACCOUNTS, SESSIONS, PERSONS } = environment;
  if (JURISDICTION === "") return environment;
  const known = located.get(environment);
  if (known !== undefined) return known;
  const jurisdiction = JURISDICTIONS.find((name) => name === JURISDICTION);
  if (jurisdiction === undefined) throw new Error(`JURISDICTION must be empty or one of ${JURISDICTIONS.join(", ")}`);
  const there = {
    ...environment,
    ACCOUNTS: ACCOUNTS.jurisdiction(jurisdiction),
    SESSIONS: SESSIONS.jurisdiction(jurisdiction),
    PERSONS: PERSONS.jurisdiction(jurisdiction),
  };
  located.set(environment, there);
  return there;
}
