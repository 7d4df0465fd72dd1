// The relying-party API, mounted under /v3 and /smart-id-rp/v3. What is not here does not exist yet: 404.
import { type Context, Hono } from "hono";
import type { Result } from "../account/result.ts";
import type { Environment } from "../environment.ts";
import { answerError, answerNotFound } from "../http/errors.ts";
import { type Failure, failureResponse } from "../http/failures.ts";
import { ownNameOnly } from "../http/local-host.ts";
import { type Addressee, documentAddressee, personAddressee } from "./admission.ts";
import { callerOf } from "./caller.ts";
import { signingCertificate } from "./certificate.ts";
import { startAuthenticationLink, startCertificateChoiceLink, startSignatureLink } from "./device-link.ts";
import { awaitSession, parseTimeout } from "./long-poll.ts";
import { startAuthentication, startCertificateChoice, startLinkedSignature, startSignature } from "./notification.ts";

type Bindings = { Bindings: Environment };
type Operation = (environment: Environment, request: Request, addressee: Addressee) => Promise<Result<object, Failure>>;

export const relyingPartyRoutes = new Hono<Bindings>();

relyingPartyRoutes.onError(answerError);
relyingPartyRoutes.use(ownNameOnly);

const about: Readonly<Record<string, Operation>> = {
  "/authentication/notification": startAuthentication,
  "/authentication/device-link": startAuthenticationLink,
  "/signature/notification": startSignature,
  "/signature/device-link": startSignatureLink,
};
for (const [path, operation] of Object.entries(about)) {
  relyingPartyRoutes.post(`${path}/etsi/:semanticsId`, (context) =>
    perform(context, personAddressee(context.req.param("semanticsId")), operation),
  );
  relyingPartyRoutes.post(`${path}/document/:documentNumber`, (context) =>
    perform(context, documentAddressee(context.req.param("documentNumber")), operation),
  );
}
relyingPartyRoutes.post("/authentication/device-link/anonymous", async (context) =>
  answer(context, await startAuthenticationLink(context.env, context.req.raw, undefined)),
);
relyingPartyRoutes.post("/signature/certificate-choice/notification/etsi/:semanticsId", (context) =>
  perform(context, personAddressee(context.req.param("semanticsId")), startCertificateChoice),
);
relyingPartyRoutes.post("/signature/certificate-choice/device-link/anonymous", async (context) =>
  answer(context, await startCertificateChoiceLink(context.env, context.req.raw)),
);
relyingPartyRoutes.post("/signature/notification/linked/:documentNumber", (context) =>
  perform(context, documentAddressee(context.req.param("documentNumber")), startLinkedSignature),
);
relyingPartyRoutes.post("/signature/certificate/:documentNumber", (context) =>
  perform(context, documentAddressee(context.req.param("documentNumber")), signingCertificate),
);

relyingPartyRoutes.get("/session/:sessionId", async (context) => {
  const timeout = parseTimeout(context.req.queries("timeoutMs") ?? []);
  if (!timeout.ok) return failureResponse(timeout.failure);
  const caller = callerOf(context.req.raw.headers);
  return answer(context, await awaitSession(context.env, caller, context.req.param("sessionId"), timeout.value));
});

relyingPartyRoutes.all("*", answerNotFound);

async function perform(
  context: Context<Bindings>,
  addressee: Result<Addressee, Failure>,
  operation: Operation,
): Promise<Response> {
  if (!addressee.ok) return failureResponse(addressee.failure);
  return answer(context, await operation(context.env, context.req.raw, addressee.value));
}

/** Success is always 200; nothing of this API may be cached. */
function answer(context: Context<Bindings>, result: Result<object, Failure>): Response {
  if (!result.ok) return failureResponse(result.failure);
  return context.json(result.value, 200, { "cache-control": "no-store" });
}
