// The Worker: mounts the routers and re-exports the object classes. No logic.
import { Hono } from "hono";
import { inJurisdiction } from "../durable/jurisdiction.ts";
import { refillSharePool } from "../durable/share-pool/share-pool.ts";
import { lifetimeProblem } from "./account/account-life.ts";
import { schemeProblem } from "./account/practice.ts";
import { renewRevocationLists } from "./certificates/revocation-list/current-list.ts";
import { keepEvents } from "./audit/keep-events.ts";
import { demoBank } from "./demo-bank/routes.ts";
import { deviceRoutes } from "./device/routes.ts";
import type { Environment } from "./environment.ts";
import { encryptedOnly } from "./http/encrypted.ts";
import { answerError, answerNotFound } from "./http/errors.ts";
import { answerHeaders } from "./http/headers.ts";
import { health } from "./http/health.ts";
import { requestPath } from "./http/path.ts";
import { countSessions, forgetCountedSessions } from "./metering/count-sessions.ts";
import { mockRoutes } from "./mock/routes.ts";
import { documentationRoutes } from "./openapi/routes.ts";
import { operatorRoutes } from "./operator/routes.ts";
import { pkiRoutes } from "./pki/routes.ts";
import { operatorProblem } from "./registration/operator.ts";
import { registrationRoutes } from "./registration/routes.ts";
import { relyingPartyRoutes } from "./relying-party/routes.ts";
import { recordCurrentKek } from "./vault/kek-index.ts";
import { vaultProblem } from "./vault/problem.ts";

export { AccountObject } from "../durable/account/account-object.ts";
export { PersonObject } from "../durable/person/person-object.ts";
export { SessionObject } from "../durable/session/session-object.ts";

const application = new Hono<{ Bindings: Environment }>({ getPath: requestPath });
application.onError(answerError);
application.notFound(answerNotFound);
application.use(answerHeaders);
application.use(encryptedOnly);
application.route(
  "/",
  health<Environment>(
    async (environment) =>
      lifetimeProblem(environment.ACCOUNT_LIFETIME_MONTHS) ??
      schemeProblem(environment.SCHEME_NAME) ??
      operatorProblem(environment) ??
      vaultProblem(environment),
  ),
);
application.route("/", documentationRoutes);
application.route("/registration", registrationRoutes);
application.route("/device", deviceRoutes);
application.route("/v3", relyingPartyRoutes);
application.route("/smart-id-rp/v3", relyingPartyRoutes);
application.route("/demo", demoBank);
application.route("/mock", mockRoutes);
application.route("/pki", pkiRoutes);
application.route("/operator", operatorRoutes);

/** By its name in wrangler.toml, `tally-audit` or `…-audit`; its dead letters come by a queue of their own. */
const AUDIT_QUEUE = /(?:^|-)audit(?:-dead-letters)?$/;

export default {
  fetch: (request: Request, environment: Environment, context: ExecutionContext) =>
    application.fetch(request, inJurisdiction(environment), context),
  scheduled: (_event, environment, context) => {
    // Each for itself: one that fails must not end the others.
    for (const work of [refillSharePool, renewRevocationLists, forgetCountedSessions, recordCurrentKek]) {
      context.waitUntil(work(environment));
    }
  },
  queue: (batch, environment) =>
    AUDIT_QUEUE.test(batch.queue) ? keepEvents(batch, environment) : countSessions(batch, environment),
} satisfies ExportedHandler<Environment>;
