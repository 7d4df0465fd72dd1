// `npm run build`: what browsers load, before a deployment. `npm start` and the tests build by themselves.
import { buildClient } from "./client-build.ts";
import { StartFailure } from "./start-failure.ts";

try {
  await buildClient();
} catch (error) {
  if (!(error instanceof StartFailure)) throw error;
  console.error(`Tally: ${error.message}`);
  process.exit(1);
}
