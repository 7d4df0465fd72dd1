// What the bank believes of an answer: one that is right, and none in which a single thing is not.
import {
  BasicConstraintsExtension,
  type Extension,
  Extension as RawExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { hexToBytes } from "@noble/hashes/utils.js";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { readSession } from "../../src/demo-bank/relying-party-api/answers.ts";
import { interactionsOf } from "../../src/demo-bank/relying-party-api/interactions.ts";
import { verificationCode, verifyAuthentication } from "../../src/demo-bank/verification/authentication.ts";
import { parseTrustAnchors, type TrustAnchors } from "../../src/demo-bank/verification/certificate-chain.ts";
import { verifyKeptSignature, verifyPaymentAnswer } from "../../src/demo-bank/verification/payment-signature.ts";
import { fromBase64, toBase64, utf8 } from "../../src/protocol/encoding.ts";
import { makeResponder } from "./forged-responder.ts";
import {
  type CertificateChanges,
  DOCUMENT_NUMBER,
  IDENTITY,
  makeSigner,
  newKeys,
  privateKey,
  RESPONDER,
  rightLogin,
  rightSignature,
  type Signer,
} from "./signer.ts";

const DAY = 86_400_000;
const interactions = interactionsOf("displayTextAndPIN", "Log in to Rowan Bank");
const rpChallenge = toBase64(new Uint8Array(64).fill(3));
const expected = {
  semanticsIdentifier: IDENTITY.semanticsIdentifier,
  documentNumber: undefined as string | undefined,
  rpChallenge,
  interactions,
  relyingPartyName: "DEMO",
  certificateLevel: "QUALIFIED",
};

let signer: Signer;
let anchors: TrustAnchors;
let login: Awaited<ReturnType<typeof rightLogin>>;
/** What the responder says of the certificate. */
let respond = (request: ArrayBuffer): Promise<BodyInit> => signer.responder(request);

beforeAll(async () => {
  vi.spyOn(globalThis, "fetch").mockImplementation(async (address, init) => {
    if (address !== RESPONDER) throw new Error("the bank asked somebody else");
    return new Response(await respond(init?.body as ArrayBuffer));
  });
  vi.spyOn(console, "error").mockReturnValue();
  signer = await makeSigner();
  anchors = parseTrustAnchors(signer.anchors);
  login = await rightLogin(signer, { rpChallenge, interactions: interactions.encoded });
});

afterAll(() => vi.restoreAllMocks());

async function faultOf(answer: unknown, differing: Partial<typeof expected> = {}, at = Date.now()): Promise<string> {
  const session = readSession(answer);
  if (session?.state !== "COMPLETE") throw new Error("not a complete session");
  const verdict = await verifyAuthentication(session, { ...expected, ...differing }, anchors, at);
  return verdict.ok ? "none" : verdict.fault;
}

/** The answer with one field set to another value; the path's names are divided by points. */
function changed(answer: object, path: string, value: unknown): unknown {
  const copy = structuredClone(answer) as Record<string, unknown>;
  const names = path.split(".");
  let place = copy;
  for (const name of names.slice(0, -1)) place = place[name] as Record<string, unknown>;
  place[names.at(-1)!] = value;
  return copy;
}

describe("an answer to a login", () => {
  it("that is right tells who it is", async () => {
    const session = readSession(login);
    if (session?.state !== "COMPLETE") throw new Error("not complete");
    expect(await verifyAuthentication(session, expected, anchors, Date.now())).toEqual({
      ok: true,
      value: {
        semanticsIdentifier: IDENTITY.semanticsIdentifier,
        givenName: "MARI",
        surname: "TAMM",
        documentNumber: DOCUMENT_NUMBER,
      },
    });
  });

  const PARAMETERS = "signature.signatureAlgorithmParameters";
  it.each([
    ["signatureProtocol", "RAW_DIGEST_SIGNATURE", "signature-protocol"],
    ["signatureProtocol", undefined, "signature-protocol"],
    ["signature.flowType", "QR", "flow-type"],
    ["interactionTypeUsed", "confirmationMessage", "interaction-type"],
    ["interactionTypeUsed", undefined, "interaction-type"],
    ["cert.certificateLevel", "ADVANCED", "certificate-level"],
    ["cert.certificateLevel", undefined, "certificate-level"],
    ["result.documentNumber", undefined, "document-number"],
    ["result.documentNumber", "PNOEE-50001029996-ZZZZ-Q", "certificate-document-number"],
    ["signature.signatureAlgorithm", "sha512WithRSAEncryption", "signature-algorithm"],
    [`${PARAMETERS}.hashAlgorithm`, "SHA-256", "signature-parameters"],
    [`${PARAMETERS}.maskGenAlgorithm.algorithm`, "id-mgf2", "signature-parameters"],
    [`${PARAMETERS}.maskGenAlgorithm.parameters.hashAlgorithm`, "SHA-1", "signature-parameters"],
    [`${PARAMETERS}.saltLength`, 32, "signature-parameters"],
    [`${PARAMETERS}.trailerField`, "0xcc", "signature-parameters"],
    [PARAMETERS, null, "signature-parameters"],
    ["signature.serverRandom", "c2hvcnQ=", "server-random"],
    ["signature.serverRandom", "|".repeat(32), "server-random"],
    ["signature.serverRandom", toBase64(new Uint8Array(24)), "signature"],
    ["signature.userChallenge", "short", "user-challenge"],
    ["signature.userChallenge", `${"A".repeat(42)}|`, "user-challenge"],
    ["signature.userChallenge", "A".repeat(43), "signature"],
    ["signature.value", "", "signature-encoding"],
    ["signature.value", "not base64", "signature-encoding"],
    ["signature.value", toBase64(new Uint8Array(384).fill(1)), "signature"],
    ["cert.value", "", "certificate-encoding"],
    ["cert.value", "AAAA", "certificate-encoding"],
    ["cert", undefined, "certificate-level"],
    ["signature", undefined, "flow-type"],
  ])("in which %s is %j is refused: %s %s", async (path, value, fault) => {
    expect(await faultOf(changed(login, path, value))).toBe(fault);
  });

  it("to another request than the bank's is refused", async () => {
    expect(await faultOf(login, { rpChallenge: toBase64(new Uint8Array(64).fill(4)) })).toBe("signature");
    expect(await faultOf(login, { interactions: interactionsOf("displayTextAndPIN", "Pay") })).toBe("signature");
    expect(await faultOf(login, { relyingPartyName: "Demo" })).toBe("signature");
    expect(await faultOf(login, { semanticsIdentifier: "PNOEE-40504040001" })).toBe("other-person");
    expect(await faultOf(login, { documentNumber: "PNOEE-50001029996-ZZZZ-Q" })).toBe("document-number");
    expect(await faultOf(login, { documentNumber: DOCUMENT_NUMBER })).toBe("none");
  });

  it("by a certificate that its authority does not call good is refused; nobody is asked about one that is wrong anyway", async () => {
    const asked = vi.mocked(fetch).mock.calls.length;
    expect(await faultOf(changed(login, "signature.value", toBase64(new Uint8Array(384).fill(1))))).toBe("signature");
    expect(vi.mocked(fetch).mock.calls.length).toBe(asked);
    const usual = respond;
    respond = (request) => signer.responder(request, { status: "unknown" });
    expect(await faultOf(login)).toBe("certificate-unknown");
    respond = usual;
  });

  it("outside the certificate's time is refused", async () => {
    expect(await faultOf(login, {}, Date.now() + 2 * DAY)).toBe("certificate-validity");
    expect(await faultOf(login, {}, Date.now() - DAY)).toBe("certificate-validity");
  });

  it("gets the code that the public documentation computes", async () => {
    const published = "GYS+yoah6emAcVDNIajwSs6UB/M95XrDxMzXBUkwQJ9YFDipXXzGpPc7raWcuc2+TEoRc7WvIZ/7dU/iRXenYg==";
    expect(await verificationCode(fromBase64(published)!)).toBe("7180");
  });
});

describe("a certificate", () => {
  const without = (type: string) => (extensions: Extension[]) => extensions.filter((extension) => extension.type !== type);
  const instead = (replacement: Extension) => (extensions: Extension[]) => [
    ...without(replacement.type)(extensions),
    replacement,
  ];
  const withCertificate = async (changes: CertificateChanges, purpose: "auth" | "sign" = "auth") =>
    faultOf(changed(login, "cert.value", await signer.certificate(purpose, changes)));

  it("of the profile is accepted whoever made it under the anchors", async () => {
    expect(await withCertificate({})).toBe("none");
  });

  it.each([
    ["key usage", "2.5.29.15", "certificate-key-usage"],
    ["extended key usage", "2.5.29.37", "certificate-key-usage"],
    ["policies", "2.5.29.32", "certificate-policies"],
    ["alternative names", "2.5.29.17", "certificate-document-number"],
    ["its issuer's key identifier", "2.5.29.35", "certificate-chain"],
  ])("without %s is refused", async (_, type, fault) => {
    expect(await withCertificate({ extensions: without(type) })).toBe(fault);
  });

  it("for signatures does not log in, and one for logins does not sign", async () => {
    expect(await withCertificate({}, "sign")).toBe("certificate-key-usage");
    const digitalSignature = instead(new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true));
    expect(await withCertificate({ extensions: digitalSignature }, "sign")).toBe("certificate-key-usage");
  });

  it("that is an authority's, or says what is not understood and critical, or says a thing twice, is refused", async () => {
    const authority = instead(new BasicConstraintsExtension(true));
    expect(await withCertificate({ extensions: authority })).toBe("certificate-chain");
    const strange = new RawExtension("1.2.3.4", true, new Uint8Array([5, 0]));
    expect(await withCertificate({ extensions: (extensions) => [...extensions, strange] })).toBe("certificate-extensions");
    const twice = (extensions: Extension[]) => [...extensions, extensions.find(({ type }) => type === "2.5.29.32")!];
    expect(await withCertificate({ extensions: twice })).toBe("certificate-extensions");
  });

  it("of another person, of a basic account, or with a short key, is refused", async () => {
    const other = { ...IDENTITY, semanticsIdentifier: "PNOEE-40504040001" };
    expect(await withCertificate({ identity: other })).toBe("other-person");
    expect(await withCertificate({ identity: { ...IDENTITY, level: "ADVANCED" } })).toBe("certificate-policies");
    expect(await withCertificate({ keys: await newKeys(2048) })).toBe("key-too-small");
    expect(await withCertificate({ keys: await newKeys() })).toBe("signature");
    expect(await withCertificate({ documentNumber: "PNOEE-50001029996-ZZZZ-Q" })).toBe("certificate-document-number");
  });

  it("under other authorities of the same names is refused", async () => {
    const stranger = await makeSigner();
    expect(await faultOf(changed(login, "cert.value", await stranger.certificate("auth", { keys: signer.keys })))).toBe(
      "certificate-chain",
    );
    // The name and the identifier of the right authority, signed by another key.
    const [, qualified] = anchors;
    const key = await privateKey(stranger.hierarchy.issuerKeys.QUALIFIED);
    expect(await withCertificate({ issuer: { certificate: qualified!, key } })).toBe("certificate-chain");
  });

  it("that a person issued is refused, even where that person's certificate is among the anchors", async () => {
    const keys = (await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-384" }, true, [
      "sign",
      "verify",
    ])) as CryptoKeyPair;
    const person = new X509Certificate(fromBase64(await signer.certificate("auth", { keys }))!);
    const issued = await signer.certificate("auth", { issuer: { certificate: person, key: keys.privateKey } });
    const answer = changed(login, "cert.value", issued);
    expect(await faultOf(answer)).toBe("certificate-chain");
    const all = anchors;
    anchors = [...all, person];
    try {
      expect(await faultOf(answer)).toBe("certificate-chain");
    } finally {
      anchors = all;
    }
  });

  it("is only as good as what its anchor may do: issue certificates", async () => {
    const [all, usual] = [anchors, respond];
    const keys = (await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-384" }, true, [
      "sign",
      "verify",
    ])) as CryptoKeyPair;
    const faultUnder = async (ca: boolean, usages: KeyUsageFlags) => {
      const certificate = await X509CertificateGenerator.createSelfSigned({
        name: "CN=TEST anchor",
        keys,
        signingAlgorithm: { name: "ECDSA", hash: "SHA-384" },
        extensions: [
          new BasicConstraintsExtension(ca, undefined, true),
          new KeyUsagesExtension(usages, true),
          await SubjectKeyIdentifierExtension.create(keys.publicKey),
        ],
      });
      anchors = [certificate];
      respond = await makeResponder({ certificate, key: keys.privateKey });
      return withCertificate({ issuer: { certificate, key: keys.privateKey } });
    };
    try {
      expect(await faultUnder(true, KeyUsageFlags.keyCertSign)).toBe("none");
      expect(await faultUnder(false, KeyUsageFlags.keyCertSign)).toBe("certificate-chain");
      expect(await faultUnder(true, KeyUsageFlags.cRLSign)).toBe("certificate-chain");
    } finally {
      [anchors, respond] = [all, usual];
    }
  });

  it("signed over a broken hash, by an authority whose time is over, or below more authorities than its anchor allows, is refused", async () => {
    expect(await withCertificate({ hash: "SHA-1" })).toBe("certificate-chain");
    const longest = new Date(Date.now() + 16 * 365 * DAY);
    const beyond = changed(login, "cert.value", await signer.certificate("auth", { notAfter: longest }));
    expect(await faultOf(beyond, {}, longest.getTime() - DAY)).toBe("certificate-validity");
    const all = anchors;
    const keys = (await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-384" }, true, [
      "sign",
      "verify",
    ])) as CryptoKeyPair;
    const subordinate = (extensions: Extension[]) => [
      ...extensions.filter(({ type }) => !["2.5.29.14", "2.5.29.15", "2.5.29.19"].includes(type)),
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
    ];
    const identifier = await SubjectKeyIdentifierExtension.create(keys.publicKey);
    const made = await signer.certificate("auth", { keys, extensions: (own) => [...subordinate(own), identifier] });
    const certificate = new X509Certificate(fromBase64(made)!);
    anchors = [...all, certificate];
    try {
      expect(await withCertificate({ issuer: { certificate, key: keys.privateKey } })).toBe("certificate-chain");
    } finally {
      anchors = all;
    }
  });

  it("whose root is not among the anchors, or whose issuer is not, is refused", async () => {
    const [root, qualified] = anchors;
    const all = anchors;
    try {
      anchors = [qualified!];
      expect(await faultOf(login)).toBe("certificate-chain");
      anchors = [root!];
      expect(await faultOf(login)).toBe("certificate-chain");
      anchors = [root!, qualified!];
      expect(await faultOf(login)).toBe("none");
    } finally {
      anchors = all;
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

describe("an answer to a payment", () => {
  const document = utf8('{"amount":"12.00"}');
  const wanted = {
    document,
    semanticsIdentifier: IDENTITY.semanticsIdentifier,
    documentNumber: DOCUMENT_NUMBER,
    interactionType: "confirmationMessage",
    certificateLevel: "QUALIFIED",
  };
  let signed: Awaited<ReturnType<typeof rightSignature>>;
  beforeAll(async () => {
    signed = await rightSignature(signer, document);
  });

  async function paymentFault(answer: unknown, differing: Partial<typeof wanted> = {}): Promise<string> {
    const session = readSession(answer);
    if (session?.state !== "COMPLETE") throw new Error("not complete");
    const verdict = await verifyPaymentAnswer(session, { ...wanted, ...differing }, anchors, Date.now());
    return verdict.ok ? "none" : verdict.fault;
  }

  it("that is right is kept, and verifies again from what is kept", async () => {
    expect(await paymentFault(signed)).toBe("none");
    const kept = { value: signed.signature.value, certificate: signed.cert.value };
    expect((await verifyKeptSignature(kept, wanted, anchors, Date.now())).ok).toBe(true);
    const other = { ...wanted, document: utf8('{"amount":"120.00"}') };
    expect(await verifyKeptSignature(kept, other, anchors, Date.now())).toEqual({ ok: false, fault: "signature" });
  });

  it.each([
    ["signatureProtocol", "ACSP_V2", "signature-protocol"],
    ["signature.flowType", "Web2App", "flow-type"],
    ["interactionTypeUsed", "displayTextAndPIN", "interaction-type"],
    ["cert.certificateLevel", "ADVANCED", "certificate-level"],
    ["result.documentNumber", "PNOEE-50001029996-ZZZZ-Q", "document-number"],
    ["signature.signatureAlgorithm", "ed25519", "signature-algorithm"],
    ["signature.signatureAlgorithmParameters.saltLength", "64", "signature-parameters"],
    ["signature.value", toBase64(new Uint8Array(384).fill(1)), "signature"],
  ])("in which %s is %j is refused: %s %s", async (path, value, fault) => {
    expect(await paymentFault(changed(signed, path, value))).toBe(fault);
  });

  it("with a certificate for logins, an unqualified one, or another person's, is refused", async () => {
    const withCertificate = async (changes: CertificateChanges, purpose: "auth" | "sign" = "sign") =>
      paymentFault(changed(signed, "cert.value", await signer.certificate(purpose, changes)));
    expect(await withCertificate({}, "auth")).toBe("certificate-key-usage");
    const plain = (extensions: Extension[]) => extensions.filter(({ type }) => type !== "1.3.6.1.5.5.7.1.3");
    expect(await withCertificate({ extensions: plain })).toBe("certificate-qualification");
    for (const [name, value] of Object.entries(UNQUALIFIED)) {
      const stating = (extensions: Extension[]) => [
        ...plain(extensions),
        new RawExtension("1.3.6.1.5.5.7.1.3", false, hexToBytes(value)),
      ];
      expect(await withCertificate({ extensions: stating }), name).toBe("certificate-qualification");
    }
    expect(await withCertificate({ identity: { ...IDENTITY, semanticsIdentifier: "PNOEE-40504040001" } })).toBe("other-person");
  });

  it("over another document, or with another salt, is refused", async () => {
    expect(await paymentFault(signed, { document: utf8("other") })).toBe("signature");
    const value = await signer.sign(document, { saltLength: 32 });
    expect(await paymentFault(changed(signed, "signature.value", value))).toBe("signature");
  });
});
