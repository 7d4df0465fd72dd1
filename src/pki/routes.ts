// What certificates point to: OCSP, CRLs, certificates of the authorities, the disclosure statement; and time stamps. Open to
// everybody, over plain HTTP too (RFC 5280 §4.2.1.13: whoever checks a certificate cannot check another one first). Reads D1 only,
// no account object.
import { Hono } from "hono";
import { toHexadecimal } from "../certificates/hexadecimal.ts";
import { certificateOf, findAuthority } from "../certificates/issuer.ts";
import { answerStatusRequest } from "../certificates/ocsp/responder.ts";
import { currentRevocationList } from "../certificates/revocation-list/current-list.ts";
import { answerTimeStampRequest } from "../certificates/time-stamp/time-stamping.ts";
import type { Environment } from "../environment.ts";
import { failureResponse } from "../http/failures.ts";
import { disclosureStatement } from "./disclosure.ts";
import { ocspResponse, pathRequest, postedRequest } from "./ocsp-exchange.ts";
import { publish } from "./published.ts";
import { postedQuery, timeStampResponse } from "./time-stamp-exchange.ts";

/** Seconds. A certificate of an authority never changes, but a name might be mistyped. */
const CERTIFICATE_AGE = 86_400;
/** Seconds: after a revocation, a list of before is out of the caches as soon. */
const LIST_AGE = 60;

export const pkiRoutes = new Hono<{ Bindings: Environment }>()

  .post("/ocsp", async (context) => {
    const { raw } = context.req;
    return ocspResponse(raw, await answerStatusRequest(context.env, await postedRequest(raw), Date.now()));
  })

  /** `/ocsp/` and the request in base64. */
  .get("/ocsp/*", async (context) => {
    const { raw } = context.req;
    return ocspResponse(raw, await answerStatusRequest(context.env, pathRequest(raw), Date.now()));
  })

  /** Local and test use alone: elsewhere there is no such path. */
  .post("/tsa", async (context) => {
    const { LOCAL_MODE, TIME_STAMP_SIGNER } = context.env;
    if (LOCAL_MODE !== "true" || TIME_STAMP_SIGNER === undefined) return failureResponse({ kind: "not_found" });
    const query = await postedQuery(context.req.raw);
    return timeStampResponse(await answerTimeStampRequest(TIME_STAMP_SIGNER, query, Date.now()));
  })

  .get("/certificates/:file{[a-z0-9-]{1,64}\\.cer}", async (context) => {
    const authority = await findAuthority(context.env.DATABASE, nameOf(context.req.param("file")));
    if (authority === undefined) return failureResponse({ kind: "not_found" });
    const body = certificateOf(authority);
    return publish(context.req.raw, {
      body,
      contentType: "application/pkix-cert",
      etag: toHexadecimal(new Uint8Array(await crypto.subtle.digest("SHA-256", body))),
      maxAge: CERTIFICATE_AGE,
    });
  })

  /** Of a root there is one only where the operator brought it. */
  .get("/crl/:file{[a-z0-9-]{1,64}\\.crl}", async (context) => {
    const authority = await findAuthority(context.env.DATABASE, nameOf(context.req.param("file")));
    const list = authority && (await currentRevocationList(context.env, authority, Date.now()));
    if (list === undefined) return failureResponse({ kind: "not_found" });
    return publish(context.req.raw, {
      body: list.der,
      contentType: "application/pkix-crl",
      etag: list.digest,
      lastModified: list.thisUpdate,
      expires: list.nextUpdate,
      maxAge: LIST_AGE,
    });
  })

  .get("/disclosure/en", (context) =>
    context.text(disclosureStatement({ test: context.env.LOCAL_MODE === "true" }), 200, { "content-language": "en" }),
  );

const nameOf = (file: string): string => file.slice(0, file.lastIndexOf("."));
