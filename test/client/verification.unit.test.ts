// What the client believes of an answer: one that is right, and none in which a single thing is not; for every kind of session.
import { ed25519, ED25519_TORSION_SUBGROUP } from "@noble/curves/ed25519.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";
import {
  BasicConstraintsExtension,
  type Extension,
  Extension as RawExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { beforeAll, describe, expect, it, vi } from "vitest";
import {
  type CallbackOption,
  digestOf,
  PUBLIC_PROFILE,
  type StartedAuthentication,
  type StartedCertificateChoice,
  type StartedSession,
  type StartedSignature,
  trustAnchors,
  type TrustAnchors,
  type VerificationOptions,
  verifyAuthentication,
  verifyCertificate,
  verifyCertificateChoice,
  verifyKeptSignature,
  verifySignature,
} from "../../src/client/index.ts";
import { readCertificate, readSession } from "../../src/client/session/read.ts";
import { fromBase64, toBase64, utf8 } from "../../src/protocol/encoding.ts";
import { ODD_KEYS } from "./odd-keys.ts";
import {
  DOCUMENT,
  ED25519_LOGIN,
  ED25519_PAYMENT,
  FOLLOWING_PAYMENT,
  LINKED_CHOICE,
  LINKED_LOGIN,
  LINKED_PAYMENT,
  LOGIN_BACK,
  NOTIFIED_CHOICE,
  NOTIFIED_LOGIN,
  NOTIFIED_PAYMENT,
  PAYMENT_BACK,
  SESSION_SECRET,
  VERIFIER,
} from "./sessions.ts";
import {
  type CertificateChanges,
  DOCUMENT_NUMBER,
  IDENTITY,
  makeSigner,
  newEd25519Keys,
  newKeys,
  privateKey,
  rightChoice,
  rightLogin,
  rightSignature,
  type Signer,
} from "./signer.ts";

const DAY = 86_400_000;

let signer: Signer;
let anchors: TrustAnchors;

type Options = Partial<VerificationOptions & CallbackOption>;
type Json = Record<string, unknown>;

/** The code of the failure, `none`, or `answer_malformed` where the client does not even read it. */
async function faultOf(started: StartedSession, answer: unknown, options: Options = {}): Promise<string> {
  const session = readSession(answer);
  if (session === undefined) return "answer_malformed";
  if (session.state !== "COMPLETE") return "running";
  const verdict = await verify(started, session, { anchors, ...options });
  return verdict.ok ? "none" : verdict.failure.code;
}

type Complete = Parameters<typeof verifyAuthentication>[1];

function verify(started: StartedSession, answer: Complete, options: VerificationOptions & CallbackOption) {
  switch (started.kind) {
    case "authentication":
      return verifyAuthentication(started, answer, options);
    case "signature":
      return verifySignature(started, answer, options);
    case "certificate-choice":
      return verifyCertificateChoice(started, answer, options);
  }
}

interface Case {
  readonly what: string;
  readonly started: StartedSession;
  readonly answer: object;
  readonly options: Options;
}

const cases = new Map<string, Case>();
const caseOf = (what: string): Case => cases.get(what)!;

beforeAll(async () => {
  signer = await makeSigner();
  anchors = await trustAnchors({ roots: signer.root, intermediates: signer.issuing });
  const web = { flowType: "Web2App", interactionType: "confirmationMessage", verifier: VERIFIER } as const;
  const algorithm = { scheme: "Ed25519" } as const;
  const all: Case[] = [
    {
      what: "a login by notification",
      started: NOTIFIED_LOGIN,
      answer: await rightLogin(signer, NOTIFIED_LOGIN),
      options: {},
    },
    {
      what: "a login by QR code",
      started: LINKED_LOGIN,
      answer: await rightLogin(signer, LINKED_LOGIN, { flowType: "QR" }),
      options: {},
    },
    {
      what: "a login on the same device",
      started: LINKED_LOGIN,
      answer: await rightLogin(signer, LINKED_LOGIN, web),
      options: { callbackUrl: LOGIN_BACK },
    },
    {
      what: "a signature by notification",
      started: NOTIFIED_PAYMENT,
      answer: await rightSignature(signer, DOCUMENT),
      options: {},
    },
    {
      what: "a signature by QR code",
      started: LINKED_PAYMENT,
      answer: await rightSignature(signer, DOCUMENT, { flowType: "QR" }),
      options: {},
    },
    {
      what: "a signature on the same device",
      started: LINKED_PAYMENT,
      answer: await rightSignature(signer, DOCUMENT, { flowType: "App2App" }),
      options: { callbackUrl: PAYMENT_BACK },
    },
    {
      what: "a signature that follows a choice",
      started: FOLLOWING_PAYMENT,
      answer: await rightSignature(signer, DOCUMENT),
      options: { callbackUrl: PAYMENT_BACK },
    },
    {
      what: "a login by Ed25519",
      started: ED25519_LOGIN,
      answer: await rightLogin(signer, ED25519_LOGIN, { algorithm }),
      options: {},
    },
    {
      what: "a signature by Ed25519",
      started: ED25519_PAYMENT,
      answer: await rightSignature(signer, DOCUMENT, { algorithm }),
      options: {},
    },
    { what: "a choice by notification", started: NOTIFIED_CHOICE, answer: await rightChoice(signer), options: {} },
    {
      what: "a choice by QR code",
      started: LINKED_CHOICE,
      answer: await rightChoice(signer, { flowType: "QR" }),
      options: {},
    },
    {
      what: "a choice on the same device",
      started: LINKED_CHOICE,
      answer: await rightChoice(signer, { flowType: "Web2App" }),
      options: {},
    },
  ];
  for (const one of all) cases.set(one.what, one);
});

/** The answer with one field set to another value, or without it; the path's names are divided by points. */
function changed(answer: object, path: string, value: unknown): object {
  const copy = structuredClone(answer) as Json;
  const names = path.split(".");
  let place = copy;
  for (const name of names.slice(0, -1)) place = place[name] as Json;
  if (value === undefined) delete place[names.at(-1)!];
  else place[names.at(-1)!] = value;
  return copy;
}

/** Paths of everything in it that is no object. */
function leavesOf(value: object, path = ""): string[] {
  return Object.entries(value).flatMap(([name, inner]: [string, unknown]) =>
    typeof inner === "object" && inner !== null ? leavesOf(inner, `${path}${name}.`) : [`${path}${name}`],
  );
}

const PARAMETERS = "signature.signatureAlgorithmParameters";
const OTHER_DOCUMENT = "PNOEE-50001029996-ZZZZ-Q";

/** Of each field: what is said when it is missing, and when it is another. */
type Mutations = Readonly<Record<string, readonly [missing: string, ...others: readonly [value: unknown, fault: string][]]>>;

const OF_EVERY_ANSWER: Mutations = {
  state: ["answer_malformed", ["DONE", "answer_malformed"], [1, "answer_malformed"]],
  "result.endResult": ["answer_malformed", ["TIMEOUT", "not_ok"], ["WHO_KNOWS", "not_ok"], [["OK"], "answer_malformed"]],
  "result.documentNumber": ["document_number", [OTHER_DOCUMENT, "certificate_document_number"], [7, "answer_malformed"]],
  "cert.value": [
    "answer_malformed",
    ["", "certificate_encoding"],
    ["AAAA", "certificate_encoding"],
    ["no", "certificate_encoding"],
  ],
  "cert.certificateLevel": [
    "answer_malformed",
    ["ADVANCED", "certificate_level"],
    ["QSCD", "certificate_level"],
    ["", "certificate_level"],
  ],
};

const OF_EVERY_SIGNATURE: Mutations = {
  ...OF_EVERY_ANSWER,
  interactionTypeUsed: ["interaction_type", ["confirmationMessageAndVerificationCodeChoice", "interaction_type"]],
  "signature.value": [
    "signature_encoding",
    ["", "signature_encoding"],
    ["not base64", "signature_encoding"],
    [toBase64(new Uint8Array(384).fill(1)), "signature"],
    [toBase64(new Uint8Array(384).fill(255)), "signature"],
    [toBase64(new Uint8Array(383).fill(1)), "signature"],
  ],
  "signature.signatureAlgorithm": [
    "signature_algorithm",
    ["sha512WithRSAEncryption", "signature_algorithm"],
    ["ed25519", "signature_algorithm"],
    ["RSASSA-PSS", "signature_algorithm"],
  ],
  [`${PARAMETERS}.hashAlgorithm`]: ["signature_parameters", ["SHA-256", "signature_parameters"]],
  [`${PARAMETERS}.maskGenAlgorithm.algorithm`]: ["signature_parameters", ["id-mgf2", "signature_parameters"]],
  [`${PARAMETERS}.maskGenAlgorithm.parameters.hashAlgorithm`]: ["signature_parameters", ["SHA-1", "signature_parameters"]],
  [`${PARAMETERS}.saltLength`]: ["signature_parameters", [32, "signature_parameters"], ["64", "answer_malformed"]],
  [`${PARAMETERS}.trailerField`]: ["signature_parameters", ["0xcc", "signature_parameters"]],
};

/** One by Ed25519 has of the parameters the hash alone. */
function byEd25519(mutations: Mutations): Mutations {
  const common = Object.entries(mutations).filter(([path]) => !path.startsWith(PARAMETERS));
  return {
    ...Object.fromEntries(common),
    "signature.value": [
      "signature_encoding",
      ["", "signature_encoding"],
      ["not base64", "signature_encoding"],
      ...[63, 64, 65, 384].map((length): [string, string] => [toBase64(new Uint8Array(length).fill(1)), "signature"]),
    ],
    "signature.signatureAlgorithm": [
      "signature_algorithm",
      ...["rsassa-pss", "sha512WithRSAEncryption", "Ed25519", "EdDSA", "ed25519ph"].map((name): [string, string] => [
        name,
        "signature_algorithm",
      ]),
    ],
    [`${PARAMETERS}.hashAlgorithm`]: ["signature_parameters", ["SHA-256", "signature_parameters"]],
  };
}

const flows = (fault: string, ...wrong: readonly string[]): Mutations => ({
  "signature.flowType": ["flow_type", ...wrong.map((flow): [string, string] => [flow, fault]), ["NFC", "flow_type"]],
});

/** `userChallenge`: what is said of another one. */
const ofLogin = (userChallenge: string): Mutations => ({
  ...OF_EVERY_SIGNATURE,
  signatureProtocol: ["signature_protocol", ["RAW_DIGEST_SIGNATURE", "signature_protocol"]],
  "signature.serverRandom": [
    "server_random",
    ["c2hvcnQ=", "server_random"],
    ["|".repeat(32), "server_random"],
    [toBase64(new Uint8Array(24)), "signature"],
  ],
  "signature.userChallenge": [
    "user_challenge",
    ["short", "user_challenge"],
    [`${"A".repeat(42)}|`, "user_challenge"],
    ["A".repeat(43), userChallenge],
  ],
});

const OF_SIGNATURE: Mutations = {
  ...OF_EVERY_SIGNATURE,
  signatureProtocol: ["signature_protocol", ["ACSP_V2", "signature_protocol"]],
};

const MUTATIONS: readonly (readonly [what: string, mutations: Mutations])[] = [
  ["a login by notification", { ...ofLogin("signature"), ...flows("flow_type", "QR", "Web2App", "App2App") }],
  ["a login by QR code", { ...ofLogin("signature"), ...flows("callback_missing", "Web2App", "App2App") }],
  [
    "a login on the same device",
    {
      ...ofLogin("user_challenge_verifier"),
      "signature.flowType": ["flow_type", ["QR", "flow_type"], ["Notification", "flow_type"], ["App2App", "signature"]],
    },
  ],
  ["a signature by notification", { ...OF_SIGNATURE, ...flows("flow_type", "QR", "Web2App", "App2App") }],
  ["a signature by QR code", { ...OF_SIGNATURE, ...flows("callback_missing", "Web2App", "App2App") }],
  ["a signature on the same device", { ...OF_SIGNATURE, ...flows("flow_type", "QR", "Notification") }],
  ["a signature that follows a choice", { ...OF_SIGNATURE, ...flows("flow_type", "QR", "Web2App", "App2App") }],
  ["a login by Ed25519", { ...byEd25519(ofLogin("signature")), ...flows("flow_type", "QR", "Web2App", "App2App") }],
  ["a signature by Ed25519", { ...byEd25519(OF_SIGNATURE), ...flows("flow_type", "QR", "Web2App", "App2App") }],
  ["a choice by notification", { ...OF_EVERY_ANSWER, ...flows("flow_type", "QR", "Web2App", "App2App") }],
  ["a choice by QR code", { ...OF_EVERY_ANSWER, ...flows("flow_type", "Notification") }],
  ["a choice on the same device", { ...OF_EVERY_ANSWER, ...flows("flow_type", "Notification") }],
];

describe.each(MUTATIONS)("the answer to %s", (what, mutations) => {
  it("that is right is believed, and with every field of it that is changed or missing it is refused", async () => {
    const { started, answer, options } = caseOf(what);
    expect(await faultOf(started, answer, options)).toBe("none");
    // No field is left out here.
    expect(Object.keys(mutations).toSorted()).toEqual(leavesOf(answer).toSorted());
    for (const [path, [missing, ...others]] of Object.entries(mutations)) {
      for (const [value, fault] of [[undefined, missing] as const, ...others]) {
        const shown = `${path} = ${JSON.stringify(value)}`;
        expect([shown, await faultOf(started, changed(answer, path, value), options)]).toEqual([shown, fault]);
      }
    }
    for (const part of ["result", "cert", "signature"]) {
      expect(await faultOf(started, changed(answer, part, undefined), options), part).not.toBe("none");
      expect(await faultOf(started, changed(answer, part, []), options), part).toBe("answer_malformed");
    }
  });
});

describe("the record of a session", () => {
  const other = toBase64(utf8(JSON.stringify([{ type: "displayTextAndPIN", displayText60: "Pay" }])));
  it.each<[what: string, change: Json, fault: string]>([
    ["a login by notification", { schemeName: "smart-id-demo" }, "signature"],
    ["a login by notification", { relyingPartyName: "Demo" }, "signature"],
    ["a login by notification", { brokeredRelyingPartyName: "" }, "signature"],
    ["a login by notification", { rpChallenge: toBase64(new Uint8Array(64).fill(4)) }, "signature"],
    ["a login by notification", { interactions: other }, "signature"],
    ["a login by notification", { interactions: "W10=" }, "interaction_type"],
    ["a login by notification", { interactions: "no" }, "interaction_type"],
    ["a login by notification", { algorithm: "rsassa-pss/SHA-256" }, "signature_parameters"],
    ["a login by notification", { algorithm: "sha512WithRSAEncryption" }, "signature_algorithm"],
    ["a login by notification", { algorithm: "ed25519/SHA-512" }, "signature_algorithm"],
    ["a login by Ed25519", { algorithm: "rsassa-pss/SHA-512" }, "signature_algorithm"],
    ["a login by Ed25519", { algorithm: "ed25519/SHA-256" }, "signature_parameters"],
    ["a login by Ed25519", { rpChallenge: toBase64(new Uint8Array(64).fill(4)) }, "signature"],
    ["a signature by Ed25519", { digest: toBase64(new Uint8Array(64)) }, "signature"],
    ["a signature by Ed25519", { digest: toBase64(new Uint8Array(32)) }, "signature"],
    ["a login by notification", { certificateLevel: "ADVANCED" }, "none"],
    ["a login by notification", { certificateLevel: undefined }, "certificate_level"],
    ["a login by notification", { certificateLevel: "qualified" }, "certificate_level"],
    ["a login by notification", { asked: { semanticsIdentifier: "PNOEE-40504040001" } }, "certificate_person"],
    ["a login by notification", { asked: { documentNumber: OTHER_DOCUMENT } }, "document_number"],
    ["a login by notification", { asked: { documentNumber: DOCUMENT_NUMBER } }, "none"],
    ["a login by QR code", { initialCallbackUrl: "" }, "none"],
    ["a login on the same device", { initialCallbackUrl: "" }, "flow_type"],
    ["a login on the same device", { initialCallbackUrl: "https://rp.example.com/back?value=other" }, "callback_url"],
    ["a login on the same device", { sessionSecret: toBase64(new Uint8Array(32)) }, "session_secret_digest"],
    ["a login on the same device", { sessionSecret: "no base64" }, "session_secret_digest"],
    ["a signature by notification", { digest: toBase64(new Uint8Array(64)) }, "signature"],
    ["a signature by notification", { digest: toBase64(new Uint8Array(32)) }, "signature"],
    ["a signature by notification", { digest: "no base64" }, "signature"],
    ["a signature by notification", { certificateLevel: "QSCD" }, "none"],
    ["a signature by notification", { asked: { documentNumber: OTHER_DOCUMENT } }, "document_number"],
    ["a signature by QR code", { asked: { semanticsIdentifier: "PNOEE-40504040001" } }, "certificate_person"],
    ["a choice by notification", { asked: { semanticsIdentifier: "PNOEE-40504040001" } }, "certificate_person"],
  ])("of %s is what the answer is held against: %j gives %s", async (what, change, fault) => {
    const { started, answer, options } = caseOf(what);
    expect(await faultOf({ ...started, ...change }, answer, options)).toBe(fault);
  });

  it("of another kind of session does not go with it, even where all else does", async () => {
    const login = caseOf("a login by notification");
    const payment = caseOf("a signature by notification");
    expect(await faultOf(NOTIFIED_PAYMENT, login.answer)).toBe("signature_protocol");
    expect(await faultOf(NOTIFIED_LOGIN, payment.answer)).toBe("signature_protocol");
    expect(await faultOf(LINKED_LOGIN, login.answer)).toBe("flow_type");
    expect(await faultOf(LINKED_PAYMENT, payment.answer)).toBe("flow_type");
  });

  it("is as good after a stay in a database", async () => {
    for (const { started, answer, options } of cases.values()) {
      const session = readSession(answer) as Complete;
      const verdict = await verify(
        JSON.parse(JSON.stringify(started)) as StartedSession,
        JSON.parse(JSON.stringify(session)) as Complete,
        { anchors, ...options },
      );
      expect(verdict.ok).toBe(true);
    }
  });
});

describe("what verification is told besides", () => {
  it("narrows who it may be, and how much the certificate must be worth", async () => {
    const { started, answer } = caseOf("a login by QR code");
    const { semanticsIdentifier } = IDENTITY;
    expect(await faultOf(started, answer, { expectedIdentity: { semanticsIdentifier } })).toBe("none");
    expect(await faultOf(started, answer, { expectedIdentity: { semanticsIdentifier: "PNOEE-40504040001" } })).toBe(
      "certificate_person",
    );
    expect(await faultOf(started, answer, { expectedIdentity: { documentNumber: OTHER_DOCUMENT } })).toBe("document_number");
    expect(await faultOf(started, answer, { minimumLevel: "QUALIFIED" })).toBe("none");
  });

  it("lets in nobody where who it must be got lost on the way", async () => {
    for (const what of ["a login by QR code", "a signature by QR code", "a choice by QR code"]) {
      const { started, answer } = caseOf(what);
      for (const lost of [{}, { semanticsIdentifier: undefined }, { personalCode: "50001029996" }, undefined, null]) {
        const verdict = faultOf(started, answer, { expectedIdentity: lost as never });
        await expect(verdict, JSON.stringify(lost)).rejects.toThrow("names nobody");
      }
    }
  });

  it("a basic account serves who asked for one, and nobody else; it is told from a qualified one by its policies", async () => {
    const identity = { ...IDENTITY, level: "ADVANCED" as const };
    const advanced = { cert: { value: await signer.certificate("sign", { identity }), certificateLevel: "ADVANCED" } };
    const answer = { ...(await rightChoice(signer)), ...advanced };
    const asked = { ...NOTIFIED_CHOICE, certificateLevel: "ADVANCED" } as const;
    expect(await faultOf(asked, answer)).toBe("none");
    expect(await faultOf(asked, answer, { minimumLevel: "QUALIFIED" })).toBe("certificate_level");
    expect(await faultOf(NOTIFIED_CHOICE, answer)).toBe("certificate_level");
    expect(await faultOf({ ...asked, certificateLevel: "QSCD" }, answer)).toBe("certificate_level");
    expect(await faultOf({ ...asked, certificateLevel: undefined as never }, answer)).toBe("certificate_level");
    expect(await faultOf(asked, changed(answer, "cert.certificateLevel", "QUALIFIED"))).toBe("certificate_policies");
    expect(await faultOf(asked, changed(await rightChoice(signer), "cert.certificateLevel", "ADVANCED"))).toBe(
      "certificate_policies",
    );
  });

  it("policies and purposes may be another scheme's", async () => {
    const { started, answer } = caseOf("a login by notification");
    const policies = { QUALIFIED: ["1.2.3"], ADVANCED: [] };
    expect(await faultOf(started, answer, { profile: { ...PUBLIC_PROFILE, authentication: policies } })).toBe(
      "certificate_policies",
    );
    expect(await faultOf(started, answer, { profile: { ...PUBLIC_PROFILE, signature: policies } })).toBe("none");
    expect(await faultOf(started, answer, { profile: { ...PUBLIC_PROFILE, authenticationKeyPurposes: ["1.2.3"] } })).toBe(
      "certificate_key_usage",
    );
  });

  it("an answer that is older than the API gives one out proves nothing anymore", async () => {
    const longest = 9 * 60_000;
    for (const { what, started, answer, options } of cases.values()) {
      const { receivedAt } = started;
      expect(await faultOf(started, answer, { ...options, now: receivedAt + longest }), what).toBe("none");
      expect(await faultOf(started, answer, { ...options, now: receivedAt + longest + 1 }), what).toBe("too_late");
      expect(await faultOf({ ...started, receivedAt: Date.now() - longest - 1 }, answer, options), what).toBe("too_late");
      expect(await faultOf({ ...started, receivedAt: undefined as never }, answer, options), what).toBe("too_late");
    }
  });

  it("the status of a certificate is asked for last, of its issuer, and counts", async () => {
    for (const { started, answer, options } of cases.values()) {
      const asked: string[] = [];
      const certificateStatus: NonNullable<Options["certificateStatus"]> = async (_certificate, issuer) => {
        asked.push(issuer.subject);
        return "certificate_revoked";
      };
      expect(await faultOf(started, answer, { ...options, certificateStatus })).toBe("certificate_revoked");
      const wrong = changed(answer, "cert.value", await signer.certificate("auth", { hash: "SHA-1" }));
      expect(await faultOf(started, wrong, { ...options, certificateStatus })).toBe("certificate_chain");
      expect(asked).toEqual([signer.authority.certificate.subject]);
    }
  });
});

describe("the callback", () => {
  it("of a login and of a signature on the same device is needed; of a choice it is checked where it is given", async () => {
    const login = caseOf("a login on the same device");
    expect(await faultOf(login.started, login.answer)).toBe("callback_missing");
    const payment = caseOf("a signature on the same device");
    expect(await faultOf(payment.started, payment.answer)).toBe("callback_missing");
    const choice = caseOf("a choice on the same device");
    expect(await faultOf(choice.started, choice.answer, { callbackUrl: PAYMENT_BACK })).toBe("none");
    expect(await faultOf(choice.started, choice.answer, { callbackUrl: "https://rp.example.com/" })).toBe("callback_url");
  });

  it("never goes with an answer that was given elsewhere", async () => {
    for (const what of ["a login by QR code", "a signature by QR code", "a choice by QR code", "a login by notification"]) {
      const { started, answer } = caseOf(what);
      expect(await faultOf(started, answer, { callbackUrl: LOGIN_BACK }), what).toBe("flow_type");
    }
  });

  it("of a choice is needed for the signature that follows it, unless the choice was by QR code", async () => {
    const { answer } = caseOf("a signature that follows a choice");
    const { choice } = FOLLOWING_PAYMENT;
    for (const flowType of ["Web2App", "App2App", undefined as never] as const) {
      const started = { ...FOLLOWING_PAYMENT, choice: { ...choice, flowType } };
      expect(await faultOf(started, answer)).toBe("callback_missing");
      expect(await faultOf(started, answer, { callbackUrl: "https://rp.example.com/" })).toBe("callback_url");
      expect(await faultOf(started, answer, { callbackUrl: PAYMENT_BACK })).toBe("none");
      const other = { ...started, choice: { ...started.choice, sessionSecret: toBase64(new Uint8Array(32)) } };
      expect(await faultOf(other, answer, { callbackUrl: PAYMENT_BACK })).toBe("session_secret_digest");
    }
    const scanned = { ...FOLLOWING_PAYMENT, choice: { ...choice, flowType: "QR" } } as const;
    expect(await faultOf(scanned, answer)).toBe("none");
    expect(await faultOf(scanned, answer, { callbackUrl: PAYMENT_BACK })).toBe("flow_type");
  });

  it.each<[what: string, callbackUrl: string, fault: string]>([
    ["without the verifier", PAYMENT_BACK, "user_challenge_verifier"],
    ["with another verifier", LOGIN_BACK.replace(VERIFIER, "W".repeat(43)), "user_challenge_verifier"],
    ["of another session", LOGIN_BACK.replace(/sessionSecretDigest=..../, "sessionSecretDigest=AAAA"), "session_secret_digest"],
    ["without the digest", LOGIN_BACK.replace(/&sessionSecretDigest=[^&]+/, ""), "callback_url"],
    ["with two digests", `${LOGIN_BACK}&sessionSecretDigest=x`, "callback_url"],
    ["with two verifiers", `${LOGIN_BACK}&userChallengeVerifier=x`, "callback_url"],
    ["with something more", `${LOGIN_BACK}&x=1`, "callback_url"],
    ["without its own value", LOGIN_BACK.replace(/value=[^&]+&/, ""), "callback_url"],
    ["to another path", LOGIN_BACK.replace("/back", "/other"), "callback_url"],
    ["to another origin", LOGIN_BACK.replace("rp.example.com", "rp.example.org"), "callback_url"],
    ["that is no address", "back", "callback_url"],
    ["that is too long", `${LOGIN_BACK}#${"x".repeat(5000)}`, "callback_url"],
  ])("%s is refused: %s", async (_, callbackUrl, fault) => {
    const { started, answer } = caseOf("a login on the same device");
    expect(await faultOf(started, answer, { callbackUrl })).toBe(fault);
  });

  it("may be of the other kind on the same device, and of an address without path or query", async () => {
    const bare = { ...LINKED_LOGIN, initialCallbackUrl: "https://rp.example.com" };
    const how = { flowType: "App2App", verifier: VERIFIER } as const;
    const back = `https://rp.example.com/?${LOGIN_BACK.split("&").slice(1).join("&")}`;
    const answer = await rightLogin(signer, bare, how);
    expect(await faultOf(bare, answer, { callbackUrl: new URL(back) })).toBe("none");
    // The person saw, and signed, that the answer goes back to the very address.
    const elsewhere = await rightLogin(signer, { ...bare, initialCallbackUrl: "https://evil.example" }, how);
    expect(await faultOf(bare, elsewhere, { callbackUrl: back })).toBe("signature");
  });
});

describe("who it was", () => {
  it("is told with what was shown, and how they came", async () => {
    const { started, answer, options } = caseOf("a login on the same device");
    const verdict = await verifyAuthentication(started as StartedAuthentication, readSession(answer) as Complete, {
      anchors,
      ...options,
    });
    expect(verdict).toEqual({
      ok: true,
      value: {
        semanticsIdentifier: IDENTITY.semanticsIdentifier,
        givenName: "MARI",
        surname: "TAMM",
        documentNumber: DOCUMENT_NUMBER,
        certificateLevel: "QUALIFIED",
        certificate: (answer as { cert: { value: string } }).cert.value,
        flowType: "Web2App",
        interactionTypeUsed: "confirmationMessage",
      },
    });
  });

  it("is told of a choice, and of a certificate that was fetched", async () => {
    const { started, answer } = caseOf("a choice by notification");
    const chosen = await verifyCertificateChoice(started as StartedCertificateChoice, readSession(answer) as Complete, {
      anchors,
    });
    expect(chosen).toMatchObject({ ok: true, value: { surname: "TAMM", flowType: "Notification" } });
    const given = readCertificate({
      state: "OK",
      cert: { value: await signer.certificate("sign"), certificateLevel: "QUALIFIED" },
    })!;
    const verdict = await verifyCertificate({ documentNumber: DOCUMENT_NUMBER }, given, { anchors });
    expect(verdict).toMatchObject({ ok: true, value: { givenName: "MARI" } });
    expect(await verifyCertificate({ documentNumber: OTHER_DOCUMENT }, given, { anchors })).toEqual({
      ok: false,
      failure: { code: "certificate_document_number" },
    });
    const unusable = readCertificate({ state: "DOCUMENT_UNUSABLE" })!;
    expect(await verifyCertificate({ documentNumber: DOCUMENT_NUMBER }, unusable, { anchors })).toEqual({
      ok: false,
      failure: { code: "not_ok", endResult: "DOCUMENT_UNUSABLE" },
    });
  });

  it("is not told of a session that ended otherwise, but why", async () => {
    const ended = {
      state: "COMPLETE",
      result: { endResult: "USER_REFUSED_INTERACTION", details: { interaction: "confirmationMessage" } },
    };
    for (const { started } of cases.values()) {
      expect(await verify(started, readSession(ended) as Complete, { anchors })).toEqual({
        ok: false,
        failure: { code: "not_ok", endResult: "USER_REFUSED_INTERACTION", refusedInteraction: "confirmationMessage" },
      });
    }
  });
});

const fromBase64Url = (text: string) => new Uint8Array(Buffer.from(text, "base64url"));
const numberOf = (bytes: Uint8Array): bigint => BigInt(`0x${bytesToHex(bytes)}`);
const bytesOf = (value: bigint, length: number) => hexToBytes(value.toString(16).padStart(2 * length, "0"));

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let [result, square] = [1n, base];
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

describe("a signature", () => {
  it.each([
    ["rsassa-pss/SHA-256", { scheme: "RSA-PSS", hash: "SHA-256" }],
    ["rsassa-pss/SHA-384", { scheme: "RSA-PSS", hash: "SHA-384" }],
    ["sha256WithRSAEncryption", { scheme: "RSASSA-PKCS1-v1_5", hash: "SHA-256", signatureAlgorithm: "sha256WithRSAEncryption" }],
    ["sha384WithRSAEncryption", { scheme: "RSASSA-PKCS1-v1_5", hash: "SHA-384", signatureAlgorithm: "sha384WithRSAEncryption" }],
    ["sha512WithRSAEncryption", { scheme: "RSASSA-PKCS1-v1_5", hash: "SHA-512", signatureAlgorithm: "sha512WithRSAEncryption" }],
    ["ed25519/SHA-256", { scheme: "Ed25519", hash: "SHA-256" }],
    ["ed25519/SHA-384", { scheme: "Ed25519", hash: "SHA-384" }],
  ] as const)("by %s verifies over the document's hash, and a login by it over its text", async (algorithm, how) => {
    const started = { ...NOTIFIED_PAYMENT, algorithm, digest: await digestOf(DOCUMENT, algorithm) };
    const answer = await rightSignature(signer, DOCUMENT, { algorithm: how });
    expect(await faultOf(started, answer)).toBe("none");
    const login = { ...NOTIFIED_LOGIN, algorithm };
    expect(await faultOf(login, await rightLogin(signer, login, { algorithm: how }))).toBe("none");
    const otherHash = how.hash === "SHA-256" ? "SHA-384" : "SHA-256";
    const { scheme } = how;
    for (const wrong of [
      { scheme, hash: otherHash },
      { ...how, scheme: scheme === "RSA-PSS" ? "RSASSA-PKCS1-v1_5" : "RSA-PSS" },
    ] as const) {
      expect(await faultOf(started, changed(answer, "signature.value", await signer.sign(DOCUMENT, wrong)))).toBe("signature");
    }
    const hashed = changed(answer, `${PARAMETERS}.hashAlgorithm`, otherHash);
    expect(await faultOf(started, hashed)).toBe("signature_parameters");
  });

  it("with another salt, or by another key, is refused, over a hash and over a text", async () => {
    const { answer } = caseOf("a signature by notification");
    for (const saltLength of [0, 32, 63]) {
      const value = await signer.sign(DOCUMENT, { saltLength });
      expect(await faultOf(NOTIFIED_PAYMENT, changed(answer, "signature.value", value)), String(saltLength)).toBe("signature");
      const login = await rightLogin(signer, NOTIFIED_LOGIN, { algorithm: { saltLength } });
      expect(await faultOf(NOTIFIED_LOGIN, login), String(saltLength)).toBe("signature");
    }
    const { privateKey: key } = await newKeys();
    const value = await signer.sign(DOCUMENT, { key });
    expect(await faultOf(NOTIFIED_PAYMENT, changed(answer, "signature.value", value))).toBe("signature");
  });

  it.each(ODD_KEYS)("verifies by a key whose modulus has $bits bits", async ({ modulus, signature }) => {
    const jwk = { kty: "RSA", n: modulus, e: "AQAB" };
    const publicKey = await crypto.subtle.importKey("jwk", jwk, { name: "RSA-PSS", hash: "SHA-512" }, true, ["verify"]);
    const certificate = await signer.certificate("sign", { keys: { ...signer.keys, publicKey } });
    const answer = changed(await rightSignature(signer, DOCUMENT, { certificate }), "signature.value", signature);
    expect(await faultOf(NOTIFIED_PAYMENT, answer)).toBe("none");
    const value = fromBase64(signature)!;
    // The same number modulo the key: another text of one signature.
    const number = numberOf(value) + numberOf(fromBase64Url(modulus));
    const larger = toBase64(bytesOf(number, value.length));
    expect(await faultOf(NOTIFIED_PAYMENT, changed(answer, "signature.value", larger))).toBe("signature");
    value[value.length - 1]! ^= 1;
    expect(await faultOf(NOTIFIED_PAYMENT, changed(answer, "signature.value", toBase64(value)))).toBe("signature");
  });

  it("whose encoding differs in a byte that no hash covers is refused", async () => {
    const { n, e, d } = (await crypto.subtle.exportKey("jwk", signer.keys.privateKey)) as Required<JsonWebKey>;
    const [modulus, open, secret] = [n, e, d].map((value) => numberOf(fromBase64Url(value)));
    const { answer } = caseOf("a signature by notification");
    const { value } = (answer as { readonly signature: { readonly value: string } }).signature;
    const encoding = power(numberOf(fromBase64(value)!), open!, modulus!);
    // Bytes counted from the end: trailer, separator in front of the salt, padding, nothing.
    for (const [place, fault] of [
      [0n, "signature"],
      [129n, "signature"],
      [200n, "signature"],
      [undefined, "none"],
    ] as const) {
      const spoilt = place === undefined ? encoding : encoding ^ (3n << (8n * place));
      const forged = toBase64(bytesOf(power(spoilt, secret!, modulus!), 384));
      const verdict = await faultOf(NOTIFIED_PAYMENT, changed(answer, "signature.value", forged));
      expect([place, verdict]).toEqual([place, fault]);
    }
  });

  it("that is kept verifies again, from the document", async () => {
    const { started, answer } = caseOf("a signature by notification");
    const verdict = await verifySignature(started as StartedSignature, readSession(answer) as Complete, { anchors });
    if (!verdict.ok) throw new Error(verdict.failure.code);
    const kept = { ...verdict.value, algorithm: "rsassa-pss/SHA-512", digest: await digestOf(DOCUMENT) } as const;
    expect((await verifyKeptSignature(kept, { anchors })).ok).toBe(true);
    const failureOf = async (change: Partial<typeof kept>) => {
      const again = await verifyKeptSignature({ ...kept, ...change }, { anchors });
      return again.ok ? "none" : again.failure.code;
    };
    expect(await failureOf({ digest: await digestOf(utf8("other")) })).toBe("signature");
    expect(await failureOf({ semanticsIdentifier: "PNOEE-40504040001" })).toBe("certificate_person");
    expect(await failureOf({ documentNumber: OTHER_DOCUMENT })).toBe("certificate_document_number");
    expect(await failureOf({ certificateLevel: "ADVANCED" })).toBe("certificate_policies");
    expect(await failureOf({ signature: "" })).toBe("signature_encoding");
    const now = Date.now() - 30 * 60_000;
    const today = async (_certificate: unknown, _issuer: unknown, asked: number) =>
      asked - now < 30 * 60_000 ? ("status_time" as const) : undefined;
    expect((await verifyKeptSignature(kept, { anchors, now, certificateStatus: today })).ok).toBe(true);
    const revoked = async () => "certificate_revoked" as const;
    expect(await verifyKeptSignature(kept, { anchors, now, certificateStatus: revoked })).toMatchObject({
      failure: { code: "certificate_revoked" },
    });
  });
});

describe("a signature by Ed25519", () => {
  const PSS_DIGEST = { algorithm: "rsassa-pss/SHA-512" } as const;
  const spki = (key: Uint8Array) => new Uint8Array([...hexToBytes("302a300506032b6570032100"), ...key]);
  const faultOfKey = async (publicKey: Uint8Array<ArrayBuffer>, value?: string) => {
    const { answer } = caseOf("a signature by Ed25519");
    const other = changed(answer, "cert.value", await signer.certificate("sign", { publicKey }));
    return faultOf(ED25519_PAYMENT, value === undefined ? other : changed(other, "signature.value", value));
  };

  it("and one by RSA are never taken for each other, whatever the certificate and the answer say", async () => {
    const rsa = await signer.certificate("sign");
    const edwards = await signer.certificate("sign", { keys: signer.ed25519Keys });
    const payments = { rsa: caseOf("a signature by notification").answer, edwards: caseOf("a signature by Ed25519").answer };
    expect(await faultOf(NOTIFIED_PAYMENT, changed(payments.rsa, "cert.value", edwards))).toBe("certificate_key");
    expect(await faultOf(ED25519_PAYMENT, changed(payments.edwards, "cert.value", rsa))).toBe("certificate_key");
    expect(await faultOf(ED25519_PAYMENT, payments.rsa)).toBe("signature_algorithm");
    expect(await faultOf({ ...ED25519_PAYMENT, ...PSS_DIGEST }, payments.edwards)).toBe("signature_algorithm");
    // Named as it was asked for, and yet the other.
    const { signature: asRsa } = payments.rsa as Json;
    const { value: edwardsValue } = (payments.edwards as { signature: { value: string } }).signature;
    expect(await faultOf(NOTIFIED_PAYMENT, { ...payments.edwards, signature: asRsa })).toBe("certificate_key");
    expect(await faultOf(NOTIFIED_PAYMENT, changed(payments.rsa, "signature.value", edwardsValue))).toBe("signature");
    const login = caseOf("a login by Ed25519");
    const forLogins = await signer.certificate("auth");
    expect(await faultOf(login.started, changed(login.answer, "cert.value", forLogins))).toBe("certificate_key");
  });

  it("is over the hash as its message, has one form, and 64 bytes", async () => {
    const { answer } = caseOf("a signature by Ed25519");
    const faultOfValue = (value: Uint8Array) => faultOf(ED25519_PAYMENT, changed(answer, "signature.value", toBase64(value)));
    const sign = async (message: BufferSource) =>
      new Uint8Array(await crypto.subtle.sign("Ed25519", signer.ed25519Keys.privateKey, message));
    const right = await sign(await crypto.subtle.digest("SHA-512", DOCUMENT));
    expect(await faultOfValue(right)).toBe("none");
    expect(await faultOfValue(await sign(DOCUMENT))).toBe("signature");
    expect(await faultOfValue(new Uint8Array([...right, 0]))).toBe("signature");
    expect(await faultOfValue(right.subarray(0, 63))).toBe("signature");
    // The same number modulo the order: another text of one signature (RFC 8032 §8.4).
    const s = numberOf(right.slice(32).toReversed()) + ed25519.Point.Fn.ORDER;
    expect(await faultOfValue(new Uint8Array([...right.slice(0, 32), ...bytesOf(s, 32).toReversed()]))).toBe("signature");
    const keys = await newEd25519Keys();
    expect(await faultOfKey(new Uint8Array((await crypto.subtle.exportKey("spki", keys.publicKey)) as ArrayBuffer))).toBe(
      "signature",
    );
  });

  it("by a key with which everybody can sign, or that has two forms, is refused before anything is computed with it", async () => {
    // R is the neutral point and S zero: with a key of small order that verifies over one text in eight, or over all.
    const forged = toBase64(new Uint8Array(64).fill(1, 0, 1));
    const prime = ed25519.Point.Fp.ORDER;
    const notCanonical = [0n, 1n, 3n, 18n].map((y) => bytesOf(prime + y, 32).toReversed());
    const keys = [...ED25519_TORSION_SUBGROUP.map((point) => hexToBytes(point)), ...notCanonical];
    // The other sign of x: for x = 0 a second form of the same point.
    const negative = [1n, prime - 1n, prime + 1n].map((y) => bytesOf(y + 2n ** 255n, 32).toReversed());
    for (const key of [...keys, ...negative]) {
      expect([bytesToHex(key), await faultOfKey(spki(key), forged)]).toEqual([bytesToHex(key), "certificate_key"]);
    }
    const notOnCurve = new Uint8Array(32).fill(2, 0, 1);
    expect(await faultOfKey(spki(notOnCurve), forged)).toBe("signature");
  });

  it("by a key that is not written as RFC 8410 says is refused", async () => {
    const key = new Uint8Array((await crypto.subtle.exportKey("spki", signer.ed25519Keys.publicKey)) as ArrayBuffer);
    const raw = bytesToHex(key.slice(12));
    expect(await faultOfKey(key)).toBe("none");
    for (const info of [
      `302c300706032b65700500032100${raw}`,
      `302b300506032b6570032200${raw}00`,
      `3029300506032b6570032000${raw.slice(2)}`,
      `302a300506032b656e032100${raw}`,
      `302a300506032b6571032100${raw}`,
    ]) {
      expect([info, await faultOfKey(hexToBytes(info) as Uint8Array<ArrayBuffer>)]).toEqual([info, "certificate_key"]);
    }
  });

  it("is not judged where the runtime has no Ed25519", async () => {
    const { started, answer } = caseOf("a signature by Ed25519");
    const importKey = crypto.subtle.importKey.bind(crypto.subtle) as (...parameters: unknown[]) => Promise<CryptoKey>;
    const spy = vi.spyOn(crypto.subtle, "importKey").mockImplementation(async (...parameters: unknown[]) => {
      if (parameters[2] === "Ed25519") throw new DOMException("Unrecognized name", "NotSupportedError");
      return importKey(...parameters);
    });
    try {
      expect(await faultOf(started, answer)).toBe("algorithm_unsupported");
      expect(await faultOf(NOTIFIED_PAYMENT, caseOf("a signature by notification").answer)).toBe("none");
    } finally {
      spy.mockRestore();
    }
  });

  it("that is kept verifies again, from the document", async () => {
    const { started, answer } = caseOf("a signature by Ed25519");
    const verdict = await verifySignature(started as StartedSignature, readSession(answer) as Complete, { anchors });
    if (!verdict.ok) throw new Error(verdict.failure.code);
    const kept = { ...verdict.value, algorithm: "ed25519/SHA-512", digest: await digestOf(DOCUMENT) } as const;
    expect((await verifyKeptSignature(kept, { anchors })).ok).toBe(true);
    expect(await verifyKeptSignature({ ...kept, ...PSS_DIGEST }, { anchors })).toMatchObject({
      failure: { code: "certificate_key" },
    });
  });
});

const without = (type: string) => (extensions: Extension[]) => extensions.filter((extension) => extension.type !== type);
const instead = (replacement: Extension) => (extensions: Extension[]) => [...without(replacement.type)(extensions), replacement];

async function withCertificate(changes: CertificateChanges, purpose: "auth" | "sign" = "auth", under = anchors): Promise<string> {
  const { started, answer } = caseOf("a login by notification");
  return faultOf(started, changed(answer, "cert.value", await signer.certificate(purpose, changes)), { anchors: under });
}

async function signingWith(changes: CertificateChanges, purpose: "auth" | "sign" = "sign"): Promise<string> {
  const { started, answer } = caseOf("a signature by notification");
  return faultOf(started, changed(answer, "cert.value", await signer.certificate(purpose, changes)));
}

describe("a certificate", () => {
  it("of the profile is accepted whoever made it under the anchors", async () => {
    expect(await withCertificate({})).toBe("none");
    expect(await signingWith({})).toBe("none");
  });

  it.each([
    ["key usage", "2.5.29.15", "certificate_key_usage"],
    ["extended key usage", "2.5.29.37", "certificate_key_usage"],
    ["policies", "2.5.29.32", "certificate_policies"],
    ["its document number", "2.5.29.17", "certificate_document_number"],
    ["its issuer's key identifier", "2.5.29.35", "certificate_chain"],
  ])("without %s is refused", async (_, type, fault) => {
    expect(await withCertificate({ extensions: without(type) })).toBe(fault);
  });

  it("for signatures does not log in, and one for logins does not sign", async () => {
    expect(await withCertificate({}, "sign")).toBe("certificate_key_usage");
    const digitalSignature = instead(new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true));
    expect(await withCertificate({ extensions: digitalSignature }, "sign")).toBe("certificate_key_usage");
    expect(await signingWith({}, "auth")).toBe("certificate_key_usage");
    const choice = caseOf("a choice by QR code");
    const auth = changed(choice.answer, "cert.value", await signer.certificate("auth"));
    expect(await faultOf(choice.started, auth)).toBe("certificate_key_usage");
  });

  it("that is an authority's, or says what is not understood and critical, or says a thing twice, is refused", async () => {
    expect(await withCertificate({ extensions: instead(new BasicConstraintsExtension(true)) })).toBe("certificate_chain");
    const strange = new RawExtension("1.2.3.4", true, new Uint8Array([5, 0]));
    expect(await withCertificate({ extensions: (extensions) => [...extensions, strange] })).toBe("certificate_extensions");
    const twice = (extensions: Extension[]) => [...extensions, extensions.find(({ type }) => type === "2.5.29.32")!];
    expect(await withCertificate({ extensions: twice })).toBe("certificate_extensions");
  });

  it("with bytes after its end is refused", async () => {
    const { started, answer } = caseOf("a login by notification");
    const der = fromBase64(await signer.certificate("auth"))!;
    const longer = changed(answer, "cert.value", toBase64(new Uint8Array([...der, 0])));
    expect(await faultOf(started, longer)).toBe("certificate_encoding");
  });

  it("of another person, of a basic account, or with another key, is refused", async () => {
    const other = { ...IDENTITY, semanticsIdentifier: "PNOEE-40504040001" };
    expect(await withCertificate({ identity: other })).toBe("certificate_person");
    expect(await withCertificate({ identity: { ...IDENTITY, level: "ADVANCED" } })).toBe("certificate_policies");
    expect(await withCertificate({ keys: await newKeys() })).toBe("signature");
    expect(await withCertificate({ documentNumber: OTHER_DOCUMENT })).toBe("certificate_document_number");
  });

  it("with a short key, one that is easily forged, or one of another kind is refused", async () => {
    expect(await withCertificate({ keys: await newKeys(2048) })).toBe("certificate_key");
    expect(await signingWith({ keys: await newKeys(3072, new Uint8Array([3])) })).toBe("certificate_key");
    const curve = (await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
      "sign",
      "verify",
    ])) as CryptoKeyPair;
    expect(await withCertificate({ keys: curve })).toBe("certificate_key");
    expect(await signingWith({ keys: curve })).toBe("certificate_key");
  });

  it("whose subject says who it is twice, or not at all, is refused", async () => {
    const own = [
      { "2.5.4.4": [{ utf8String: "TAMM" }] },
      { "2.5.4.42": [{ utf8String: "MARI" }] },
      { "2.5.4.5": [{ printableString: IDENTITY.semanticsIdentifier }] },
    ];
    expect(await withCertificate({ subject: new Name(own) })).toBe("none");
    for (const index of own.keys()) {
      expect(await withCertificate({ subject: new Name(own.toSpliced(index, 1)) })).toBe("certificate_subject");
      expect(await withCertificate({ subject: new Name([...own, own[index]!]) })).toBe("certificate_subject");
    }
  });

  it("with two document numbers is refused", async () => {
    const name = (documentNumber: string) => ({ type: "dn", value: `CN=${documentNumber}` }) as const;
    const two = new SubjectAlternativeNameExtension([name(DOCUMENT_NUMBER), name(OTHER_DOCUMENT)]);
    expect(await withCertificate({ extensions: instead(new SubjectAlternativeNameExtension([name(DOCUMENT_NUMBER)])) })).toBe(
      "none",
    );
    expect(await withCertificate({ extensions: instead(two) })).toBe("certificate_document_number");
  });

  it("under other authorities of the same names is refused", async () => {
    const stranger = await makeSigner();
    const { started, answer } = caseOf("a login by notification");
    const strange = changed(answer, "cert.value", await stranger.certificate("auth", { keys: signer.keys }));
    expect(await faultOf(started, strange)).toBe("certificate_chain");
    // The name and the identifier of the right authority, signed by another key.
    const { certificate } = signer.authority;
    const key = await privateKey(stranger.hierarchy.issuerKeys.QUALIFIED);
    expect(await withCertificate({ issuer: { certificate, key } })).toBe("certificate_chain");
  });

  it("outside its time is refused", async () => {
    const { started, answer } = caseOf("a login by notification");
    const receivedAt = Date.now() + 2 * DAY;
    expect(await faultOf({ ...started, receivedAt }, answer, { now: receivedAt })).toBe("certificate_validity");
    expect(await faultOf(started, answer, { now: Date.now() - DAY })).toBe("certificate_validity");
  });

  it("that is qualified for signatures says so itself, in the right place", async () => {
    const plain = without("1.3.6.1.5.5.7.1.3");
    expect(await signingWith({ extensions: plain })).toBe("certificate_qualification");
    for (const [name, value] of Object.entries(UNQUALIFIED)) {
      const stating = (extensions: Extension[]) => [
        ...plain(extensions),
        new RawExtension("1.3.6.1.5.5.7.1.3", false, hexToBytes(value)),
      ];
      expect(await signingWith({ extensions: stating }), name).toBe("certificate_qualification");
    }
  });
});

/** Hexadecimal values of QCStatements that hold the right bytes, and yet do not state what they must. */
const UNQUALIFIED = {
  nothing: "3000",
  "no DER": "30",
  "all identifiers inside of another statement's text":
    "30253023060604008e4601050419060604008e460101060604008e460104060704008e46010601",
  "the same, half a byte shifted": "30263024060604008e460105041a0060604008e460101060604008e460104060704008e460106010",
  "an electronic seal": "30293008060604008e4601013008060604008e4601043013060604008e4601063009060704008e46010602",
  "the device as an argument of another statement":
    "30333008060604008e4601013012060604008e4601053008060604008e4601043013060604008e4601063009060704008e46010601",
};

const newCurveKeys = () =>
  crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-384" }, true, ["sign", "verify"]) as Promise<CryptoKeyPair>;

async function selfSigned(keys: CryptoKeyPair, ca: boolean, usages: KeyUsageFlags, more: Extension[] = []) {
  return X509CertificateGenerator.createSelfSigned({
    name: "CN=TEST anchor",
    keys,
    signingAlgorithm: { name: "ECDSA", hash: "SHA-384" },
    extensions: [
      new BasicConstraintsExtension(ca, undefined, true),
      new KeyUsagesExtension(usages, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      ...more,
    ],
  });
}

describe("a chain", () => {
  it("needs a root among the roots and the issuer among the anchors", async () => {
    const { started, answer } = caseOf("a login by notification");
    const { roots, intermediates } = anchors;
    const [qualified, nonQualified] = intermediates;
    expect(await faultOf(started, answer, { anchors: { roots: [], intermediates: [...intermediates, ...roots] } })).toBe(
      "certificate_chain",
    );
    expect(await faultOf(started, answer, { anchors: { roots, intermediates: [] } })).toBe("certificate_chain");
    expect(await faultOf(started, answer, { anchors: { roots, intermediates: [nonQualified!] } })).toBe("certificate_chain");
    expect(await faultOf(started, answer, { anchors: { roots, intermediates: [qualified!] } })).toBe("none");
  });

  it("does not lead through a person, even one whose certificate is among the anchors", async () => {
    const keys = await newCurveKeys();
    const person = new X509Certificate(fromBase64(await signer.certificate("auth", { keys }))!);
    const issuer = { certificate: person, key: keys.privateKey };
    expect(await withCertificate({ issuer })).toBe("certificate_chain");
    const among = { ...anchors, intermediates: [...anchors.intermediates, person] };
    expect(await withCertificate({ issuer }, "auth", among)).toBe("certificate_chain");
  });

  it("is only as good as what its anchor may do: issue certificates", async () => {
    const keys = await newCurveKeys();
    const faultUnder = async (ca: boolean, usages: KeyUsageFlags, more: Extension[] = []) => {
      const certificate = await selfSigned(keys, ca, usages, more);
      const issuer = { certificate, key: keys.privateKey };
      return withCertificate({ issuer }, "auth", { roots: [certificate], intermediates: [] });
    };
    expect(await faultUnder(true, KeyUsageFlags.keyCertSign)).toBe("none");
    expect(await faultUnder(false, KeyUsageFlags.keyCertSign)).toBe("certificate_chain");
    expect(await faultUnder(true, KeyUsageFlags.cRLSign)).toBe("certificate_chain");
    const strange = new RawExtension("1.2.3.4", true, new Uint8Array([5, 0]));
    expect(await faultUnder(true, KeyUsageFlags.keyCertSign, [strange])).toBe("certificate_extensions");
  });

  it("by a broken hash, of an authority whose time is over, or longer than its anchor allows, is refused", async () => {
    expect(await withCertificate({ hash: "SHA-1" })).toBe("certificate_chain");
    const longest = new Date(Date.now() + 16 * 365 * DAY);
    const { started, answer } = caseOf("a login by notification");
    const beyond = changed(answer, "cert.value", await signer.certificate("auth", { notAfter: longest }));
    const receivedAt = longest.getTime() - DAY;
    expect(await faultOf({ ...started, receivedAt }, beyond, { now: receivedAt })).toBe("certificate_validity");
    const keys = await newCurveKeys();
    const subordinate = (extensions: Extension[]) => [
      ...extensions.filter(({ type }) => !["2.5.29.14", "2.5.29.15", "2.5.29.19"].includes(type)),
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
    ];
    const identifier = await SubjectKeyIdentifierExtension.create(keys.publicKey);
    const made = await signer.certificate("auth", { keys, extensions: (own) => [...subordinate(own), identifier] });
    const certificate = new X509Certificate(fromBase64(made)!);
    const among = { ...anchors, intermediates: [...anchors.intermediates, certificate] };
    expect(await withCertificate({ issuer: { certificate, key: keys.privateKey } }, "auth", among)).toBe("certificate_chain");
  });
});

describe("trust anchors", () => {
  it("are read from PEM and DER, one or many", async () => {
    const der = anchors.intermediates.map(({ rawData }) => new Uint8Array(rawData));
    const read = await trustAnchors({ roots: [signer.root], intermediates: der });
    expect(read.intermediates.map(({ subject }) => subject)).toEqual(anchors.intermediates.map(({ subject }) => subject));
    expect((await trustAnchors({ roots: signer.root })).intermediates).toEqual([]);
  });

  it("of the wrong role, of no authority, or none at all, are the operator's mistake", async () => {
    await expect(trustAnchors({ roots: signer.anchors })).rejects.toThrow("did not sign itself");
    await expect(trustAnchors({ roots: signer.root, intermediates: signer.anchors })).rejects.toThrow("a root among");
    await expect(trustAnchors({ roots: "" })).rejects.toThrow("without a certificate");
    await expect(trustAnchors({ roots: [] })).rejects.toThrow("no root");
    const person = fromBase64(await signer.certificate("auth"))!;
    await expect(trustAnchors({ roots: signer.root, intermediates: person })).rejects.toThrow("not a CA");
  });
});

it("the secret of a session is nowhere in what verification says", async () => {
  for (const what of ["a login on the same device", "a signature on the same device", "a signature that follows a choice"]) {
    const { started, answer, options } = caseOf(what);
    const { callbackUrl } = options as { readonly callbackUrl: string };
    const attempts: readonly (readonly [code: string, change: object, given: Options])[] = [
      ["none", {}, options],
      ["callback_missing", {}, {}],
      ["session_secret_digest", {}, { callbackUrl: callbackUrl.replace(/(sessionSecretDigest=)..../, "$1AAAA") }],
      ["callback_url", {}, { callbackUrl: "https://rp.example.com/" }],
      ["signature", { "signature.value": toBase64(new Uint8Array(384).fill(1)) }, options],
      ["certificate_encoding", { "cert.value": "AAAA" }, options],
      ["certificate_revoked", {}, { ...options, certificateStatus: async () => "certificate_revoked" }],
    ];
    for (const [code, change, given] of attempts) {
      const [[path, value] = ["state", "COMPLETE"]] = Object.entries(change) as [string, unknown][];
      const verdict = await verify(started, readSession(changed(answer, path, value)) as Complete, { anchors, ...given });
      expect(verdict.ok ? "none" : verdict.failure).toEqual(code === "none" ? code : { code });
      expect(JSON.stringify(verdict)).not.toContain(SESSION_SECRET);
    }
  }
});
