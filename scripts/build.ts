// `npm run build`: what browsers load, before a deployment. `npm start` and the tests build by themselves.
import { buildClient } from "./client-build.ts";

await buildClient();
