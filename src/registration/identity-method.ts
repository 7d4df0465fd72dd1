// One interface behind which every way to prove an identity stands: one file per method, listed in methods.ts. A method says
// who the person is; that the person is at the other end of a certain device channel is bound by the transcript hash.
import type { Identity } from "../account/objects.ts";
import type { CertificateLevel } from "../account/purpose.ts";
import type { Result } from "../account/result.ts";
import type { Environment } from "../environment.ts";
import type { Failure } from "../http/failures.ts";

export interface ProofContext {
  readonly environment: Pick<Environment, "LOCAL_MODE">;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

export interface IdentityMethod {
  /** Last part of its address and `Identity.method`: lower-case letters and hyphens. */
  readonly name: string;
  /** The levels that a proof by this method can reach. */
  readonly levels: readonly CertificateLevel[];
  /** Whether this deployment offers it. `prove` refuses by itself where it does not. */
  isEnabled(environment: ProofContext["environment"]): boolean;
  /** Judges what the person sent: JSON of unknown shape, already bounded in size. Hostile until proven. */
  prove(evidence: unknown, context: ProofContext): Promise<Result<Identity, Failure>>;
}
