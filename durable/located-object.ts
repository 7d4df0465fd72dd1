// What every object of this Worker extends: it calls the others where they live.
import { DurableObject } from "cloudflare:workers";
import type { Environment } from "../src/environment.ts";
import { inJurisdiction } from "./jurisdiction.ts";

export abstract class LocatedObject extends DurableObject<Environment> {
  constructor(state: DurableObjectState, environment: Environment) {
    super(state, inJurisdiction(environment));
  }
}
