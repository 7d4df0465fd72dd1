// Which authorities may stand between a person's certificate and a root: none that was made for something else, whatever it signs.
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  CertificatePolicyExtension,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { beforeAll, describe, expect, it } from "vitest";
import { PUBLIC_PROFILE, trustAnchors, type TrustAnchors } from "../../src/client/index.ts";
import { type Purpose, verifyPersonCertificate } from "../../src/client/verification/person-certificate.ts";
import type { Authority } from "./forged-responder.ts";
import { DOCUMENT_NUMBER, IDENTITY, makeSigner, type Signer } from "./signer.ts";

const DAY = 86_400_000;
const ANY_POLICY = "2.5.29.32.0";
const ANY_PURPOSE = "2.5.29.37.0";
const [LOGIN_PURPOSE] = PUBLIC_PROFILE.authenticationKeyPurposes;
const TIME_STAMPING = "1.3.6.1.5.5.7.3.8";
const DOCUMENT_SIGNING = "1.3.6.1.5.5.7.3.36";
const { QUALIFIED, ADVANCED } = PUBLIC_PROFILE.signature;

let signer: Signer;
let root: Authority;
let keys: CryptoKeyPair;

const newCurveKeys = () =>
  crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-384" }, true, ["sign", "verify"]) as Promise<CryptoKeyPair>;

beforeAll(async () => {
  signer = await makeSigner();
  keys = await newCurveKeys();
  root = await makeRoot();
});

/** Under which there may be any number of authorities. */
async function makeRoot(): Promise<Authority> {
  const own = await newCurveKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: "CN=TEST root",
    keys: own,
    signingAlgorithm: { name: "ECDSA", hash: "SHA-384" },
    notBefore: new Date(Date.now() - 2 * DAY),
    notAfter: new Date(Date.now() + DAY),
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
      await SubjectKeyIdentifierExtension.create(own.publicKey),
    ],
  });
  return { certificate, key: own.privateKey };
}

interface Plan {
  readonly name?: string;
  /** The root otherwise. */
  readonly issuer?: Authority;
  readonly keys?: CryptoKeyPair;
  /** Undefined: any. */
  readonly pathLength?: number | undefined;
  readonly notAfter?: number;
  /** Undefined: none of that kind. */
  readonly policies?: readonly string[] | undefined;
  readonly more?: readonly Extension[];
}

async function makeAuthority(plan: Plan = {}): Promise<Authority> {
  const { name = "CN=TEST issuing", issuer = root, notAfter = Date.now() + DAY, more = [] } = plan;
  const { privateKey: key, publicKey } = plan.keys ?? keys;
  const pathLength = "pathLength" in plan ? plan.pathLength : 0;
  const policies = "policies" in plan ? plan.policies : [ANY_POLICY];
  const certificate = await X509CertificateGenerator.create({
    subject: name,
    issuer: issuer.certificate.subject,
    notBefore: new Date(Date.now() - 2 * DAY),
    notAfter: new Date(notAfter),
    publicKey,
    signingKey: issuer.key,
    signingAlgorithm: { name: "ECDSA", hash: "SHA-384" },
    extensions: [
      new BasicConstraintsExtension(true, pathLength, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
      await SubjectKeyIdentifierExtension.create(publicKey),
      await AuthorityKeyIdentifierExtension.create(issuer.certificate.publicKey),
      ...(policies === undefined ? [] : [new CertificatePolicyExtension([...policies], true)]),
      ...more,
    ],
  });
  return { certificate, key };
}

const pem = ({ certificate }: Authority): string => certificate.toString("pem");

/** Reads the anchors anew, as a relying party does. */
const under = (...intermediates: readonly Authority[]): Promise<TrustAnchors> =>
  trustAnchors({ roots: pem(root), intermediates: intermediates.map(pem) });

interface Person {
  readonly issuer: Authority;
  readonly purpose?: Purpose;
  readonly level?: "ADVANCED" | "QUALIFIED";
  readonly more?: readonly Extension[];
}

async function verdictOf({ issuer, purpose = "signature", level = "QUALIFIED", more = [] }: Person, anchors: TrustAnchors) {
  const certificate = await signer.certificate(purpose === "signature" ? "sign" : "auth", {
    issuer,
    identity: { ...IDENTITY, level },
    extensions: (own) => [...own, ...more],
  });
  const expected = { purpose, level, documentNumber: DOCUMENT_NUMBER, identities: [], anchors, profile: PUBLIC_PROFILE };
  return verifyPersonCertificate(certificate, { ...expected, now: Date.now() });
}

async function faultOf(person: Person, anchors: TrustAnchors): Promise<string> {
  const verdict = await verdictOf(person, anchors);
  return verdict.ok ? "none" : verdict.failure;
}

const purposes = (named: readonly string[], critical: boolean) => new ExtendedKeyUsageExtension([...named], critical);

describe("an authority that names purposes", () => {
  it.each<[named: readonly string[], login: string, signature: string]>([
    [[TIME_STAMPING], "certificate_key_usage", "certificate_key_usage"],
    [[LOGIN_PURPOSE!], "none", "certificate_key_usage"],
    [[TIME_STAMPING, ANY_PURPOSE], "none", "none"],
  ])("%j makes no certificates for others: logins %s, signatures %s", async (named, login, signature) => {
    for (const critical of [true, false]) {
      const issuer = await makeAuthority({ more: [purposes(named, critical)] });
      const anchors = await under(issuer);
      expect([critical, await faultOf({ issuer, purpose: "authentication" }, anchors)]).toEqual([critical, login]);
      expect([critical, await faultOf({ issuer }, anchors)]).toEqual([critical, signature]);
    }
  });

  it("must name all that a certificate for signatures names", async () => {
    const issuer = await makeAuthority({ more: [purposes([DOCUMENT_SIGNING], true)] });
    const anchors = await under(issuer);
    expect(await faultOf({ issuer, more: [purposes([DOCUMENT_SIGNING], false)] }, anchors)).toBe("none");
    const two = [purposes([DOCUMENT_SIGNING, TIME_STAMPING], false)];
    expect(await faultOf({ issuer, more: two }, anchors)).toBe("certificate_key_usage");
  });

  it("limits what is further below, too", async () => {
    const upper = await makeAuthority({
      name: "CN=TEST upper",
      keys: await newCurveKeys(),
      pathLength: 1,
      more: [purposes([TIME_STAMPING], true)],
    });
    const issuer = await makeAuthority({ issuer: upper });
    expect(await faultOf({ issuer, purpose: "authentication" }, await under(issuer, upper))).toBe("certificate_key_usage");
  });
});

describe("an authority's policies", () => {
  it.each<[what: string, policies: readonly string[] | undefined, qualified: string, advanced: string]>([
    ["for basic certificates", ADVANCED, "certificate_policies", "none"],
    ["for qualified ones", QUALIFIED, "none", "certificate_policies"],
    ["some of those for qualified ones", QUALIFIED.slice(1), "certificate_policies", "certificate_policies"],
    ["for any", [ANY_POLICY], "none", "none"],
    ["of which there is none", undefined, "certificate_policies", "certificate_policies"],
  ])("%s hold for what it issues: %j", async (_, policies, qualified, advanced) => {
    const issuer = await makeAuthority({ policies });
    const anchors = await under(issuer);
    expect(await faultOf({ issuer }, anchors)).toBe(qualified);
    expect(await faultOf({ issuer, level: "ADVANCED" }, anchors)).toBe(advanced);
  });

  it("hold for what is further below, too", async () => {
    const upperKeys = await newCurveKeys();
    for (const [policies, fault] of [
      [ADVANCED, "certificate_policies"],
      [QUALIFIED, "none"],
    ] as const) {
      const upper = await makeAuthority({ name: "CN=TEST upper", keys: upperKeys, pathLength: 1, policies });
      const issuer = await makeAuthority({ issuer: upper });
      expect(await faultOf({ issuer }, await under(issuer, upper))).toBe(fault);
    }
  });
});

describe("authorities of one name", () => {
  it("are all tried: a renewed one counts wherever it stands, and an expired one alone does not", async () => {
    const expired = await makeAuthority({ notAfter: Date.now() - DAY });
    const renewed = await makeAuthority();
    for (const anchors of [await under(expired, renewed), await under(renewed, expired)]) {
      const verdict = await verdictOf({ issuer: expired }, anchors);
      expect(verdict).toMatchObject({ ok: true, value: { issuer: { serialNumber: renewed.certificate.serialNumber } } });
    }
    expect(await faultOf({ issuer: renewed }, await under(expired))).toBe("certificate_validity");
  });

  it("are told apart by their keys", async () => {
    const other = await makeAuthority({ keys: await newCurveKeys() });
    const issuer = await makeAuthority();
    expect(await faultOf({ issuer }, await under(other, issuer))).toBe("none");
    expect(await faultOf({ issuer }, await under(other))).toBe("certificate_chain");
  });

  it("further up are all tried, too", async () => {
    const upper = { name: "CN=TEST upper", keys: await newCurveKeys(), pathLength: 1 };
    const expired = await makeAuthority({ ...upper, notAfter: Date.now() - DAY });
    const renewed = await makeAuthority(upper);
    const issuer = await makeAuthority({ issuer: expired });
    expect(await faultOf({ issuer }, await under(issuer, expired, renewed))).toBe("none");
  });

  it("that made one another lead nowhere", async () => {
    const one = { name: "CN=TEST one", keys, pathLength: undefined };
    const two = { name: "CN=TEST two", keys: await newCurveKeys(), pathLength: undefined };
    const oneByRoot = await makeAuthority(one);
    const twoByOne = await makeAuthority({ ...two, issuer: oneByRoot });
    const oneByTwo = await makeAuthority({ ...one, issuer: twoByOne });
    expect(await faultOf({ issuer: twoByOne }, await under(oneByTwo, twoByOne))).toBe("certificate_chain");
    expect(await faultOf({ issuer: twoByOne }, await under(oneByTwo, twoByOne, oneByRoot))).toBe("none");
  });
});

describe("a bundle of root and issuing authorities", () => {
  it("is refused on either side, with what to do about it", async () => {
    const divide = "divide a bundle, the root into `roots` and the issuing authorities into `intermediates`";
    await expect(trustAnchors({ roots: signer.anchors })).rejects.toThrow(
      `${signer.authority.certificate.subject} did not sign itself: ${divide}`,
    );
    await expect(trustAnchors({ roots: signer.root, intermediates: signer.anchors })).rejects.toThrow(
      `${new X509Certificate(signer.root).subject} is a root among the intermediates: ${divide}`,
    );
  });
});
