// The identity methods that this code knows. Which of them a deployment offers is decided by each of them.
import type { IdentityMethod, ProofContext } from "./identity-method.ts";
import { selfAsserted } from "./self-asserted.ts";

const METHODS: readonly IdentityMethod[] = [selfAsserted];

export const findMethod = (name: string): IdentityMethod | undefined => METHODS.find((method) => method.name === name);

export const enabledMethods = (environment: ProofContext["environment"]): readonly IdentityMethod[] =>
  METHODS.filter((method) => method.isEnabled(environment));
