// What every object of this Worker extends: it calls the others where they live.
import { DurableObject } from "cloudflare:workers";
import type { Environment } from "../src/environment.ts";
import { inJurisdiction } from "./jurisdiction.ts";

export abstract class LocatedObject extends DurableObject<Environment> {
  constructor(state: DurableObjectState, environment: Environment) {
    super(state, located(environment));
  }
}

/** What is wrong with the operator's variables is thrown at their first use: what a constructor throws, no alarm could catch. */
function located(environment: Environment): Environment {
  try {
    return inJurisdiction(environment);
  } catch (error) {
    const fail = (): never => {
      throw error;
    };
    return new Proxy(environment, { get: fail });
  }
}
