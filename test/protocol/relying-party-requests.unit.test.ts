import { describe, expect, test } from "vitest";
import type { z } from "zod";
import { HASH_ALGORITHMS, HASH_LENGTHS } from "../../src/protocol/algorithms.ts";
import { toBase64, utf8 } from "../../src/protocol/encoding.ts";
import { authenticationRequest, certificateRequest, signatureRequest } from "../../src/protocol/relying-party-requests.ts";

const interactions = toBase64(utf8(JSON.stringify([{ type: "confirmationMessage", displayText200: "Hello" }])));
const digest = (length: number): string => toBase64(new Uint8Array(length).fill(7));

const party = { relyingPartyUUID: "00000000-0000-4000-8000-000000000000", relyingPartyName: "DEMO" };
const authentication = {
  ...party,
  signatureProtocol: "ACSP_V2",
  signatureProtocolParameters: {
    rpChallenge: digest(64),
    signatureAlgorithm: "rsassa-pss",
    signatureAlgorithmParameters: { hashAlgorithm: "SHA3-512" },
  },
  interactions,
  vcType: "numeric4",
};
const signature = {
  ...party,
  signatureProtocol: "RAW_DIGEST_SIGNATURE",
  signatureProtocolParameters: {
    digest: digest(32),
    signatureAlgorithm: "rsassa-pss",
    signatureAlgorithmParameters: { hashAlgorithm: "SHA-256" },
  },
  interactions,
};

/** Where a schema finds fault: paths, joined by dots. */
const faults = (schema: z.ZodType, body: unknown): string[] => {
  const verdict = schema.safeParse(body);
  return verdict.success ? [] : verdict.error.issues.map((issue) => issue.path.join("."));
};
const withParameters = (body: typeof authentication | typeof signature, parameters: object) => ({
  ...body,
  signatureProtocolParameters: { ...body.signatureProtocolParameters, ...parameters },
});

describe("the body of an authentication", () => {
  test("comes out with its defaults", () => {
    expect(authenticationRequest.parse(authentication)).toEqual({
      ...party,
      capabilities: undefined,
      certificateLevel: "QUALIFIED",
      signatureProtocol: "ACSP_V2",
      signatureProtocolParameters: { rpChallenge: digest(64), signatureAlgorithm: "rsassa-pss", hashAlgorithm: "SHA3-512" },
      interactions: { encoded: interactions, typeUsed: "confirmationMessage" },
      vcType: "numeric4",
      requestProperties: { shareClientAddress: false, ignoredProperties: [] },
    });
  });

  test("may carry unknown fields and a nonce", () => {
    expect(faults(authenticationRequest, { ...authentication, nonce: 5, unknown: { deep: [] } })).toEqual([]);
  });

  test("may write what it does not use as null", () => {
    const nulls = { certificateLevel: null, capabilities: null, requestProperties: null };
    expect(faults(authenticationRequest, { ...authentication, ...nulls })).toEqual([]);
  });

  test.each([
    ["relyingPartyUUID", "no UUID"],
    ["relyingPartyUUID", undefined],
    ["relyingPartyName", ""],
    ["relyingPartyName", "x".repeat(33)],
    ["relyingPartyName", "õ".repeat(17)],
    ["relyingPartyName", "\ud800"],
    ["certificateLevel", "QSCD"],
    ["certificateLevel", "qualified"],
    ["signatureProtocol", "RAW_DIGEST_SIGNATURE"],
    ["signatureProtocol", undefined],
    ["signatureProtocolParameters", undefined],
    ["interactions", "W10="],
    ["interactions", undefined],
    ["interactions", [{ type: "displayTextAndPIN", displayText60: "x" }]],
    ["vcType", "alphaNumeric4"],
    ["vcType", undefined],
    ["capabilities", "ADVANCED"],
    ["requestProperties", []],
    ["requestProperties", Object.fromEntries(Array.from({ length: 33 }, (_, index) => [`p${index}`, true]))],
    ["requestProperties", { ["x".repeat(65)]: true }],
  ])("%s may not be %j", (field, value) => {
    expect(faults(authenticationRequest, { ...authentication, [field]: value })).toEqual([field]);
  });

  test.each([
    ["rpChallenge", undefined],
    ["rpChallenge", digest(31)],
    ["rpChallenge", digest(65)],
    ["rpChallenge", "%".repeat(44)],
    ["rpChallenge", digest(32).replace(/=$/, "")],
    ["rpChallenge", digest(33).replaceAll("/", "_").replaceAll("B", "-")],
    ["signatureAlgorithm", "RSASSA-PSS"],
    ["signatureAlgorithm", "sha1WithRSAEncryption"],
    ["signatureAlgorithm", "Ed25519"],
    ["signatureAlgorithm", "ed25519ph"],
    ["signatureAlgorithm", undefined],
    ["signatureAlgorithmParameters.hashAlgorithm", undefined],
  ])("signatureProtocolParameters.%s may not be %j", (field, value) => {
    const parameters = field.includes(".") ? { signatureAlgorithmParameters: {} } : { [field]: value };
    const found = faults(authenticationRequest, withParameters(authentication, parameters));
    expect(new Set(found)).toEqual(new Set([`signatureProtocolParameters.${field}`]));
  });

  test.each(["rsassa-pss", "ed25519"])("%s goes with every hash, and not without one", (signatureAlgorithm) => {
    const found = (signatureAlgorithmParameters: object | undefined) =>
      faults(authenticationRequest, withParameters(authentication, { signatureAlgorithm, signatureAlgorithmParameters }));
    for (const hashAlgorithm of HASH_ALGORITHMS) expect(found({ hashAlgorithm })).toEqual([]);
    for (const none of [undefined, {}, { hashAlgorithm: null }]) {
      expect(found(none)).toEqual(["signatureProtocolParameters.signatureAlgorithmParameters.hashAlgorithm"]);
    }
  });

  test.each([32, 47, 64])("a challenge of %i bytes is taken", (length) => {
    expect(faults(authenticationRequest, withParameters(authentication, { rpChallenge: digest(length) }))).toEqual([]);
  });

  test("an unknown hash algorithm is refused", () => {
    const body = withParameters(authentication, { signatureAlgorithmParameters: { hashAlgorithm: "SHA-1" } });
    expect(faults(authenticationRequest, body)).toEqual([
      "signatureProtocolParameters.signatureAlgorithmParameters.hashAlgorithm",
    ]);
  });

  test("unknown request properties are named, known ones are not", () => {
    const body = { ...authentication, requestProperties: { shareMdClientIpAddress: true, colour: "red", size: 1 } };
    expect(authenticationRequest.parse(body).requestProperties).toEqual({
      shareClientAddress: true,
      ignoredProperties: ["colour", "size"],
    });
  });

  test("shareMdClientIpAddress is a boolean", () => {
    const body = { ...authentication, requestProperties: { shareMdClientIpAddress: "yes" } };
    expect(faults(authenticationRequest, body)).toEqual(["requestProperties.shareMdClientIpAddress"]);
  });
});

describe("the body of a signature", () => {
  test.each(HASH_ALGORITHMS)("a digest of %s has exactly its length", (hashAlgorithm) => {
    for (const signatureAlgorithm of ["rsassa-pss", "ed25519"]) {
      const at = (length: number): string[] => {
        const parameters = { signatureAlgorithm, signatureAlgorithmParameters: { hashAlgorithm }, digest: digest(length) };
        return faults(signatureRequest, withParameters(signature, parameters));
      };
      expect(at(HASH_LENGTHS[hashAlgorithm])).toEqual([]);
      for (const length of [0, 20, 32, 48, 64].filter((other) => other !== HASH_LENGTHS[hashAlgorithm])) {
        expect(at(length)).toEqual(["signatureProtocolParameters.digest"]);
      }
    }
  });

  test("a digest is base64 with its padding", () => {
    const body = withParameters(signature, { digest: digest(32).replace(/=$/, "") });
    expect(faults(signatureRequest, body)).toEqual(["signatureProtocolParameters.digest"]);
  });

  test("a PKCS#1 v1.5 algorithm brings its hash along", () => {
    const parameters = {
      signatureAlgorithm: "sha512WithRSAEncryption",
      signatureAlgorithmParameters: undefined,
      digest: digest(64),
    };
    const { signatureProtocolParameters } = signatureRequest.parse(withParameters(signature, parameters));
    expect(signatureProtocolParameters.hashAlgorithm).toBe("SHA-512");
  });

  test.each([
    ["sha256WithRSAEncryption", "SHA-512"],
    ["sha256WithRSAEncryption", "SHA3-256"],
    ["sha384WithRSAEncryption", "SHA-256"],
    ["sha512WithRSAEncryption", "SHA-384"],
  ] as const)("%s contradicts %s", (signatureAlgorithm, hashAlgorithm) => {
    const parameters = {
      signatureAlgorithm,
      signatureAlgorithmParameters: { hashAlgorithm },
      digest: digest(HASH_LENGTHS[hashAlgorithm]),
    };
    expect(faults(signatureRequest, withParameters(signature, parameters))).toEqual([
      "signatureProtocolParameters.signatureAlgorithmParameters.hashAlgorithm",
    ]);
  });

  test.each(["", "x".repeat(31), 7])("the nonce may not be %j", (nonce) => {
    expect(faults(signatureRequest, { ...signature, nonce })).toEqual(["nonce"]);
  });

  test.each([
    [undefined, "QUALIFIED"],
    ["QSCD", "QUALIFIED"],
    ["QUALIFIED", "QUALIFIED"],
    ["ADVANCED", "ADVANCED"],
  ])("level %s asks for an account of %s", (certificateLevel, level) => {
    expect(signatureRequest.parse({ ...signature, certificateLevel }).certificateLevel).toBe(level);
    expect(certificateRequest.parse({ ...party, certificateLevel }).certificateLevel).toBe(level);
  });
});

test.each([null, [], "text", 5, true])("%j is no request at all", (body) => {
  for (const schema of [authenticationRequest, signatureRequest, certificateRequest]) {
    expect(schema.safeParse(body).success).toBe(false);
  }
});
