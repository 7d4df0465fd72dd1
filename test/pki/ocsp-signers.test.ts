// Who signs OCSP answers when there are several, none, or the wrong ones; and what is answered when something is broken here.
import { AsnConvert } from "@peculiar/asn1-schema";
import { OCSPResponse, OCSPResponseStatus } from "@peculiar/asn1-ocsp";
import { ExtendedKeyUsageExtension, X509Certificate, X509CertificateGenerator } from "@peculiar/x509";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { AUTHORITY_SIGNATURE_ALGORITHM, type Issuer } from "../../src/certificates/authority.ts";
import { recordIssued } from "../../src/certificates/certificate-index.ts";
import { loadIssuer } from "../../src/certificates/issuer.ts";
import { answerStatusRequest } from "../../src/certificates/ocsp/responder.ts";
import type { OcspEnvironment } from "../../src/certificates/ocsp/served-authority.ts";
import { INSERT_OCSP_SIGNER, issueOcspSigner } from "../../src/certificates/ocsp/signer-certificate.ts";
import { SIGNER_KEY_ALGORITHM } from "../../src/certificates/signer-certificate.ts";
import { toBase64 } from "../../src/protocol/encoding.ts";
import { checkedAnswer, newEntry, requestFor } from "./ocsp-client.ts";

const DAY = 86_400_000;
/** Years after the authorities were made: no signer is valid before its issuer. */
const now = Date.now() + 1_000 * DAY;
const entry = newEntry();

interface TestKey {
  readonly publicKey: CryptoKey;
  /** As the secrets store has it. */
  readonly secret: string;
}

async function newKey(): Promise<TestKey> {
  const pair = (await crypto.subtle.generateKey(SIGNER_KEY_ALGORITHM, true, ["sign", "verify"])) as CryptoKeyPair;
  const pkcs8 = (await crypto.subtle.exportKey("pkcs8", pair.privateKey)) as ArrayBuffer;
  return { publicKey: pair.publicKey, secret: toBase64(new Uint8Array(pkcs8)) };
}

let issuer: Issuer;
let log: ReturnType<typeof vi.spyOn>;
beforeEach(async () => {
  log = vi.spyOn(console, "error").mockImplementation(() => undefined);
  issuer = await loadIssuer(env, "QUALIFIED");
  await recordIssued(env.DATABASE, entry);
  await env.DATABASE.exec("DELETE FROM ocsp_signers WHERE authority = 'eid-q'");
});
afterEach(() => vi.restoreAllMocks());

const addSigner = (der: Uint8Array<ArrayBuffer>) => env.DATABASE.prepare(INSERT_OCSP_SIGNER).bind("eid-q", toBase64(der)).run();

/** Valid from that many days before now. */
const delegated = ({ publicKey }: TestKey, daysAgo: number): Promise<Uint8Array<ArrayBuffer>> =>
  issueOcspSigner({ issuer, publicKey, now: now - daysAgo * DAY });

const secret = (value: string | undefined): SecretsStoreSecret => ({
  get: () => (value === undefined ? Promise.reject(new Error("Secret not found")) : Promise.resolve(value)),
});

/** A database object of its own, so that nothing is remembered from one question to the next. */
const environment = (keys: string | undefined, changes: Partial<OcspEnvironment> = {}): OcspEnvironment => ({
  DATABASE: Object.create(env.DATABASE, {
    prepare: { value: (sql: string) => env.DATABASE.prepare(sql) },
  }) as D1Database,
  OCSP_KEY_QUALIFIED: secret(keys),
  OCSP_KEY_NON_QUALIFIED: env.OCSP_KEY_NON_QUALIFIED,
  ...changes,
});

const answer = async (where: OcspEnvironment, at = now) => (await answerStatusRequest(where, await requestFor([entry]), at)).der;

const signerOf = async (der: Uint8Array<ArrayBuffer>) => toBase64(new Uint8Array((await checkedAnswer(der)).signer.rawData));

const refusalOf = (der: Uint8Array<ArrayBuffer>) => OCSPResponseStatus[AsnConvert.parse(der, OCSPResponse).responseStatus];

describe("of several signers, the answer is signed by", () => {
  it("the newest valid one whose key is at hand", async () => {
    const [old, current] = [await newKey(), await newKey()];
    const certificates = {
      old: await delegated(old, 40),
      current: await delegated(current, 20),
      renewed: await delegated(current, 10),
      elsewhere: await delegated(await newKey(), 5),
      tomorrow: await delegated(current, -1),
      ended: await delegated(current, 400),
    };
    for (const certificate of Object.values(certificates)) await addSigner(certificate);
    const both = environment(`${old.secret}\n${current.secret}`);
    expect(await signerOf(await answer(both))).toBe(toBase64(certificates.renewed));
    expect(await signerOf(await answer(environment(old.secret)))).toBe(toBase64(certificates.old));
    expect(await signerOf(await answer(both, now + 2 * DAY))).toBe(toBase64(certificates.tomorrow));
  });

  it("its successor as soon as it ended, without a restart", async () => {
    const key = await newKey();
    const [first, second] = [await delegated(key, 365), await delegated(key, 10)];
    await addSigner(first);
    const where = environment(key.secret);
    expect(await signerOf(await answer(where, now - 20 * DAY))).toBe(toBase64(first));
    await addSigner(second);
    expect(await signerOf(await answer(where, now))).toBe(toBase64(second));
  });

  it("nobody whom the authority did not name for it", async () => {
    const key = await newKey();
    const stranger = (await crypto.subtle.generateKey(SIGNER_KEY_ALGORITHM, true, ["sign", "verify"])) as CryptoKeyPair;
    const fields = {
      serialNumber: "01",
      subject: "CN=OCSP",
      issuer: new X509Certificate(issuer.certificate).subjectName,
      notBefore: new Date(now - DAY),
      notAfter: new Date(now + DAY),
      publicKey: key.publicKey,
    };
    const withoutUsage = await X509CertificateGenerator.create({
      ...fields,
      signingKey: issuer.privateKey,
      signingAlgorithm: AUTHORITY_SIGNATURE_ALGORITHM,
    });
    const foreign = await X509CertificateGenerator.create({
      ...fields,
      signingKey: stranger.privateKey,
      signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
      extensions: [new ExtendedKeyUsageExtension(["1.3.6.1.5.5.7.3.9"])],
    });
    for (const { rawData } of [withoutUsage, foreign]) await addSigner(new Uint8Array(rawData));
    expect(refusalOf(await answer(environment(key.secret)))).toBe("internalError");
  });
});

describe("where something is broken, the answer says", () => {
  it("internalError without a signer, or with one that ended, and the log says whose", async () => {
    const key = await newKey();
    expect(refusalOf(await answer(environment(key.secret)))).toBe("internalError");
    await addSigner(await delegated(key, 400));
    expect(refusalOf(await answer(environment(key.secret)))).toBe("internalError");
    expect(log).toHaveBeenCalledWith("OCSP:", "internalError", "no valid OCSP signer for the authority eid-q");
  });

  it("tryLater while the secret or the database cannot be read, and the log has no secret in it", async () => {
    const key = await newKey();
    await addSigner(await delegated(key, 1));
    expect(refusalOf(await answer(environment(undefined)))).toBe("tryLater");
    expect(refusalOf(await answer(environment(`${key.secret}!`)))).toBe("tryLater");
    const broken = { prepare: () => expect.fail("no such table") } as unknown as D1Database;
    expect(refusalOf(await answer(environment(key.secret, { DATABASE: broken })))).toBe("tryLater");
    expect(JSON.stringify(log.mock.calls)).not.toContain(key.secret.slice(60));
    // Nothing of it is remembered.
    expect(await signerOf(await answer(environment(key.secret)))).toBeDefined();
  });

  it("tryLater when only the index fails, after signers were read", async () => {
    const key = await newKey();
    await addSigner(await delegated(key, 1));
    let fail = false;
    const where = environment(key.secret);
    const prepare = (sql: string) =>
      fail && sql.includes("serial_number") ? expect.fail("overloaded") : env.DATABASE.prepare(sql);
    const DATABASE = Object.create(env.DATABASE, { prepare: { value: prepare } }) as D1Database;
    await checkedAnswer(await answer({ ...where, DATABASE }));
    fail = true;
    expect(refusalOf(await answer({ ...where, DATABASE }))).toBe("tryLater");
  });
});
