// What no schema can say: the texts that both sides make for themselves, which must agree byte for byte. The code of the same is
// src/protocol/{device-link,acsp-v2,verification-code}.ts.
import { html } from "hono/html";
import { listing, type Markup } from "./text.ts";

/** Of the section. */
export const EXACT_BYTES = "exact-bytes";

export const exactBytes = (): Markup =>
  html`<section aria-labelledby="${EXACT_BYTES}">
    <h2 id="${EXACT_BYTES}">Exact bytes</h2>
    <p class="lead">
      You and the server make these texts separately. Fields that are absent are empty; base64 stands as it was sent, not decoded;
      nothing is URL-encoded. The first field is <code>smart-id</code> unless the operator names another.
    </p>

    <h3>Device link</h3>
    <p>
      In this order. <code>elapsedSeconds</code> is for QR codes alone: whole seconds since the answer came, in a new code every
      second. <code>sessionType</code> is <code>auth</code>, <code>sign</code> or <code>cert</code>.
    </p>
    ${listing(
      "Link",
      `deviceLinkBase?deviceLinkType=QR&elapsedSeconds=N&sessionToken=…&sessionType=auth&version=1.0&lang=eng&authCode=…
deviceLinkBase?deviceLinkType=Web2App&sessionToken=…&sessionType=auth&version=1.0&lang=eng&authCode=…`,
      true,
    )}
    <p>
      authCode is base64url without padding of HMAC-SHA-256. The key is the decoded sessionSecret. In a certificate choice the
      protocol, the challenge and the interactions are empty; in a QR code the callback is.
    </p>
    ${listing(
      "What authCode covers, on one line",
      `smart-id|signatureProtocol|rpChallenge or digest|base64(relyingPartyName)||interactions|initialCallbackUrl|the link up to &authCode`,
      true,
    )}

    <h3>Callback</h3>
    <p>
      After Web2App and App2App the person comes to your callback. Compare <code>sessionSecretDigest</code> with the session that
      this browser began: it is base64url of SHA-256 over the decoded sessionSecret. After a login base64url of SHA-256 over the
      characters of <code>userChallengeVerifier</code> must be the <code>userChallenge</code> of the result.
    </p>

    <h3>What a login signs</h3>
    <p>
      ACSP_V2, in UTF-8. Put it together from your request and the result, and verify the signature over it. The callback is in it
      after Web2App and App2App alone.
    </p>
    ${listing(
      "ACSP_V2, on one line",
      `smart-id|ACSP_V2|serverRandom|rpChallenge|userChallenge|base64(relyingPartyName)||base64(SHA-256(interactions))|interactionTypeUsed|initialCallbackUrl|flowType`,
      true,
    )}

    <h3>Verification code of a notification login</h3>
    <p>
      SHA-256 over the decoded rpChallenge; its last two bytes as a big-endian number, modulo 10000, in four digits with leading
      zeros. The rpChallenge of the examples gives <code>7180</code>.
    </p>
  </section>`;
