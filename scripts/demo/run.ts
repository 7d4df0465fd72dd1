// The whole story, step by step: a new person enrols, logs in at a relying party and signs a file; openssl checks what came out.
import { createHash } from "node:crypto";
import { createReadStream, mkdirSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { PURPOSES } from "../../src/account/purpose.ts";
import { makeDevice } from "./authenticator.ts";
import {
  opensslVersion,
  subjectOf,
  verifyChain,
  verifyEd25519,
  verifyParameters,
  verifySignature,
  writeCertificate,
} from "./openssl.ts";
import {
  awaitResult,
  fetchSigningCertificate,
  type SessionResult,
  startAuthentication,
  startSignature,
} from "./relying-party.ts";
import type { DemoServer } from "./server.ts";
import type { Steps } from "./steps.ts";
import { makeTestPerson } from "./test-person.ts";

export interface DemoInput {
  readonly server: DemoServer;
  /** Absolute path of the file that is signed. */
  readonly file: string;
  /** Holds `pki/` with the trust anchors; results go into `demo/` in it. */
  readonly stateFolder: string;
  /** For the device and what only the demo looks at; the caller removes it. */
  readonly scratch: string;
  /** The folder that the paths in the last lines are relative to. */
  readonly here: string;
  readonly steps: Steps;
}

/** Throws an Error for the first thing that is off. Returns the lines that tell what can be checked again. */
export async function runDemo({ server, file, stateFolder, scratch, here, steps }: DemoInput): Promise<string[]> {
  const api = `${server.url}/v3`;
  const trustAnchors = join(stateFolder, "pki");
  const person = makeTestPerson();
  const device = makeDevice(server.url, scratch, person);
  const { identity, semanticsIdentifier } = person;

  const { documentNumber, suites } = await steps.run("person", "makes an account", async () => {
    const value = await device.enrol();
    const keys = `${value.suites.length * PURPOSES.length} keys, each in two halves`;
    return { value, line: `${identity.givenName} ${identity.surname}, ${value.documentNumber}; ${keys}` };
  });

  const login = await steps.run("party", "asks for a login", async () => {
    const value = await startAuthentication(api, semanticsIdentifier, "Log in to the demo bank");
    return { value, line: `verification code ${value.verificationCode}` };
  });
  await steps.run("person", "sees the request", () => lookFor(login.verificationCode));
  await steps.run("person", "mistypes PIN1", async () => {
    const attemptsLeft = await device.approveWrongly();
    return { value: undefined, line: `refused, ${attemptsLeft} attempts left` };
  });
  const identified = await approveWith("PIN1", login.sessionID);
  await steps.run("openssl", "verifies the login", async () => {
    const paths = pathsIn(scratch, "login");
    writeFileSync(paths.signed, login.payload(identified));
    await verify(identified, paths);
    return { value: undefined, line: `chain and signature are right; it is ${semanticsIdentifier}` };
  });

  if (suites.includes("ed25519")) await logInWithEd25519();

  const results = join(stateFolder, "demo");
  mkdirSync(results, { recursive: true });
  const paths = { ...pathsIn(results, basename(file)), signed: file };
  const certificate = await steps.run("party", "fetches the certificate", async () => {
    const value = await fetchSigningCertificate(api, documentNumber);
    return { value, line: `of ${documentNumber}` };
  });
  const signing = await steps.run("party", "asks for a signature", async () => {
    const value = await startSignature(api, documentNumber, await digestOf(file), `Sign ${basename(file)}`.slice(0, 200));
    return { value, line: `${basename(file)}, verification code ${value.verificationCode}` };
  });
  await steps.run("person", "sees the request", () => lookFor(signing.verificationCode));
  const signed = await approveWith("PIN2", signing.sessionID);
  await steps.run("openssl", "verifies the signature", async () => {
    if (signed.cert.value !== certificate) throw new Error("the signature came with another certificate than was announced");
    await verify(signed, paths);
    return { value: undefined, line: `chain and signature over ${basename(file)} are right` };
  });

  const near = (path: string) => (relative(here, path).startsWith("..") ? path : relative(here, path));
  const parameters = verifyParameters(near(paths.publicKey), near(paths.signature), near(file));
  return [
    `Signature    ${near(paths.signature)}`,
    `Certificate  ${near(paths.certificate)}   (issued under ${near(join(trustAnchors, "root.pem"))})`,
    "Check it again:",
    `  openssl ${parameters.map(quote).join(" ")}`,
  ];

  /** Where the server makes such keys. A login with another algorithm is the same to the person, and shorter for everybody else. */
  async function logInWithEd25519(): Promise<void> {
    const again = await steps.run("party", "asks again, in Ed25519", async () => {
      const value = await startAuthentication(api, semanticsIdentifier, "Log in to the demo bank", "ed25519");
      return { value, line: `verification code ${value.verificationCode}` };
    });
    await steps.run("person", "sees the request", () => lookFor(again.verificationCode));
    const session = await approveWith("PIN1", again.sessionID);
    await steps.run("openssl", "verifies the login", async () => {
      const at = pathsIn(scratch, "ed25519-login");
      writeFileSync(at.signed, createHash("sha512").update(again.payload(session)).digest());
      await verify(session, at, verifyEd25519);
      return { value: undefined, line: "chain and signature of 64 bytes are right" };
    });
  }

  async function lookFor(code: string): Promise<{ line: string; value: undefined }> {
    const { relyingPartyName, text, verificationCode } = await device.look();
    if (verificationCode !== code) throw new Error(`the device shows code ${verificationCode}, the relying party ${code}`);
    return { value: undefined, line: `${relyingPartyName}: "${text}", the same code ${verificationCode}` };
  }

  /** The relying party's long poll waits while the person types. */
  async function approveWith(pin: "PIN1" | "PIN2", sessionID: string): Promise<SessionResult> {
    const polling = awaitResult(api, sessionID);
    polling.catch(() => undefined);
    await steps.run("person", `types ${pin}`, async () => {
      await device.approve();
      return { value: undefined, line: "accepted: both halves signed" };
    });
    return steps.run("party", "hears of it", async () => {
      const value = await polling;
      return { value, line: `${value.result.endResult}, certificate level ${value.cert.certificateLevel}` };
    });
  }

  async function verify({ cert, signature }: SessionResult, at: Paths, verifyBytes = verifySignature): Promise<void> {
    await writeCertificate(cert.value, at.certificate, at.publicKey);
    writeFileSync(at.signature, Buffer.from(signature.value, "base64"));
    await verifyChain(at.certificate, trustAnchors);
    const subject = await subjectOf(at.certificate);
    if (subject !== semanticsIdentifier) throw new Error(`the certificate is about ${subject}, not ${semanticsIdentifier}`);
    await verifyBytes(at.publicKey, at.signature, at.signed);
  }
}

/** The step that all others depend on: without openssl nothing would be proven. */
export const checkOpenssl = (steps: Steps): Promise<void> =>
  steps.run("openssl", "is there", async () => ({ value: undefined, line: await opensslVersion() }));

interface Paths {
  readonly signed: string;
  readonly signature: string;
  readonly certificate: string;
  readonly publicKey: string;
}

const pathsIn = (folder: string, name: string): Paths => ({
  signed: join(folder, name),
  signature: join(folder, `${name}.signature`),
  certificate: join(folder, `${name}.certificate.pem`),
  publicKey: join(folder, `${name}.public-key.pem`),
});

/** SHA-512, without the whole file in memory. */
async function digestOf(file: string): Promise<Buffer> {
  const hash = createHash("sha512");
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest();
}

/** For a POSIX shell. */
const quote = (text: string): string => (/^[\w./:=-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`);
