// What `env` and `exports` of "cloudflare:workers" hold in tests: the Worker's environment and the values that the set-up needs.
import type { Environment } from "../../src/environment.ts";

declare global {
  namespace Cloudflare {
    interface GlobalProps {
      mainModule: typeof import("../../src/index.ts");
    }
    interface Env extends Environment {
      /** JSON, made anew for each run by vitest.config.ts. */
      readonly TEST_SEED: string;
    }
  }
}
