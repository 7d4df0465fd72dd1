// How many POSTs a minute a relying party may make, by the class in its row. Guards the service against one party's fault or flood, and
// people's numbers against being tried out in bulk. The platform counts for each of its locations apart and a little late: a guard, no
// meter, and nothing exact may be built on it (what waits on one account is limited exactly, in its object).
import type { Environment } from "../environment.ts";
import type { RelyingParty } from "./registration.ts";

/** Seconds; as wrangler.toml has it for every class. */
export const RATE_LIMIT_PERIOD = 60;

/** Counts one POST of an identified party. */
export async function isWithinRateLimit(environment: Environment, { uuid, rate_limit: limit }: RelyingParty): Promise<boolean> {
  const limiter = limiterOf(environment, limit);
  return limiter === undefined || (await limiter.limit({ key: uuid })).success;
}

function limiterOf(environment: Environment, limit: RelyingParty["rate_limit"]): RateLimit | undefined {
  switch (limit) {
    case "small":
      return environment.RATE_LIMIT_SMALL;
    case "standard":
      return environment.RATE_LIMIT_STANDARD;
    case "large":
      return environment.RATE_LIMIT_LARGE;
    case "unlimited":
      return undefined;
  }
}
