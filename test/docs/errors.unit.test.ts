// docs/errors.md stays true: a relying party finds every end of a session and every refusal of the API in it, word for word.
import { describe, expect, it } from "vitest";
import PAGE from "../../docs/errors.md?raw";
import { type Failure, failureResponse, malformed } from "../../src/http/failures.ts";
import type { EndResult } from "../../src/protocol/session-status.ts";

/** What stands in a table, cell by cell, without heads and rulers. */
const ROWS = PAGE.split("\n")
  .filter((line) => line.startsWith("| ") && !line.startsWith("| what comes") && !line.startsWith("| -"))
  .map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
const COMES = ROWS.map(([comes = ""]) => comes);

// A new end result does not compile until it stands here.
const END_RESULTS: Readonly<Record<Exclude<EndResult, "OK">, true>> = {
  USER_REFUSED: true,
  USER_REFUSED_INTERACTION: true,
  USER_REFUSED_CERT_CHOICE: true,
  TIMEOUT: true,
  WRONG_VC: true,
  DOCUMENT_UNUSABLE: true,
  ACCOUNT_UNUSABLE: true,
  REQUIRED_INTERACTION_NOT_SUPPORTED_BY_APP: true,
  EXPECTED_LINKED_SESSION: true,
  PROTOCOL_FAILURE: true,
  SERVER_ERROR: true,
};

// Nor does a new kind of failure. Undefined: other APIs of this server say it, the relying-party API does not.
const FAILURES: Readonly<{ [Kind in Failure["kind"]]: (Failure & { readonly kind: Kind }) | undefined }> = {
  malformed: malformed("") as Failure & { kind: "malformed" },
  body_too_large: { kind: "body_too_large" },
  body_too_slow: { kind: "body_too_slow" },
  body_is_encoded: { kind: "body_is_encoded" },
  unsupported_media_type: { kind: "unsupported_media_type" },
  relying_party_not_identified: { kind: "relying_party_not_identified" },
  unknown_relying_party: { kind: "unknown_relying_party" },
  not_the_operator: undefined,
  unauthorized: undefined,
  forbidden: { kind: "forbidden", detail: "" },
  not_found: { kind: "not_found" },
  no_such_account: { kind: "no_such_account" },
  no_suitable_account: { kind: "no_suitable_account" },
  no_such_session: { kind: "no_such_session" },
  no_such_certificate: undefined,
  conflict: undefined,
  misdirected: { kind: "misdirected" },
  not_encrypted: { kind: "not_encrypted" },
  upgrade_required: undefined,
  too_many_requests: { kind: "too_many_requests", retryAfterSeconds: 1 },
  rate_limit_reached: { kind: "rate_limit_reached", retryAfterSeconds: 1 },
  temporarily_unavailable: undefined,
  internal: { kind: "internal" },
};

describe("the table of errors", () => {
  it.each(Object.keys(END_RESULTS))("has the end result %s once", (endResult) => {
    expect(COMES.filter((comes) => comes.startsWith(`\`${endResult}\``))).toHaveLength(1);
  });

  it.each(Object.values(FAILURES).filter((failure) => failure !== undefined))("has the refusal $kind", async (failure) => {
    const { status, detail } = await failureResponse(failure).json<{ status: number; detail?: string }>();
    const ofThisStatus = COMES.filter((comes) => comes.startsWith(`${status}`));
    expect(ofThisStatus).not.toHaveLength(0);
    if (detail !== undefined && detail !== "") expect(ofThisStatus).toContain(`${status} \`${detail}\``);
  });

  it("says of each what it means, what the person is told, and whether to try again", () => {
    for (const row of ROWS) {
      expect(row).toHaveLength(4);
      expect(row).not.toContain("");
    }
  });
});
