// The client as relying parties have it, against a server as `npm start` makes it: every kind of session from the start to the verdict,
// and the packed package in a Node that knows nothing of this project.
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type CallFailure,
  type CompletedSession,
  deviceLink,
  digestOf,
  type FlowType,
  qrLink,
  RelyingPartyClient,
  type Result,
  type StartedDeviceLink,
  type StartedSession,
  trustAnchors,
  type TrustAnchors,
  verifyAuthentication,
  verifyCertificate,
  verifyCertificateChoice,
  verifySignature,
} from "../../src/client/index.ts";
import { ocspStatus } from "../../src/client/ocsp.ts";
import { type CallbackListener, listenForCallbacks } from "../api/callback-listener.ts";
import { startWithPeople } from "../api/local-people.ts";

const PERSON = { semanticsIdentifier: "PNOEE-40504040001" };
const ACCOUNT = { documentNumber: "PNOEE-40504040001-DEM0-Q" };
const PARTY = { relyingPartyUUID: "00000000-0000-4000-8000-000000000000", relyingPartyName: "DEMO" };
const ASK = { interactions: [{ type: "displayTextAndPIN", displayText60: "Õun | Жук ✓" }] } as const;
const DOCUMENT = new TextEncoder().encode("12.00 EUR");
const PACKAGE = resolve("dist/relying-party-client");
const run = promisify(execFile);

let folder: string;
let server: Awaited<ReturnType<typeof startWithPeople>>;
let packed: Promise<unknown>;
let page: CallbackListener;
let client: RelyingPartyClient;
let anchors: TrustAnchors;

const pem = (name: string): string => readFileSync(join(server.stateFolder, "pki", `${name}.pem`), "utf8");

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tally-client-"));
  packed = run(process.execPath, ["--disable-warning=ExperimentalWarning", "scripts/pack-client.ts"]);
  // Whoever awaits it is told; before that, nobody need be.
  packed.catch(() => undefined);
  server = await startWithPeople(folder, [ACCOUNT.documentNumber]);
  page = await listenForCallbacks();
  client = new RelyingPartyClient({ ...PARTY, baseUrl: `${server.url}/v3` });
  anchors = await trustAnchors({ roots: pem("root"), intermediates: pem("eid-q") });
}, 180_000);

afterAll(async () => {
  page.stop();
  await server.stop();
  rmSync(folder, { recursive: true });
});

function valueOf<Value>(result: Result<Value, unknown>): Value {
  if (!result.ok) throw new Error(JSON.stringify(result.failure));
  return result.value;
}

async function answered<Started extends StartedSession>(
  start: Promise<Result<Started, CallFailure>>,
): Promise<readonly [started: Started, answer: CompletedSession]> {
  const started = valueOf(await start);
  return [started, valueOf(await client.result(started))];
}

type Way = Exclude<FlowType, "Notification">;

/** The same of a session whose link the person opens, in this way. */
async function opened<Started extends StartedDeviceLink>(way: Way, start: Promise<Result<Started, CallFailure>>) {
  const started = valueOf(await start);
  const link = await (way === "QR" ? qrLink(started) : deviceLink(started, way));
  const asked = { ...ACCOUNT, deviceLink: link, flowType: way, ...(way !== "QR" && { browserCookie: "a=b" }) };
  const headers = { "content-type": "application/json" };
  const opening = await fetch(`${server.url}/mock/device-link`, { method: "POST", headers, body: JSON.stringify(asked) });
  expect(await opening.json()).toEqual({ opened: true });
  return [started, valueOf(await client.result(started))] as const;
}

/** Where the person's browser came back to, in the ways in which it does. */
async function backFrom(way: Way, { initialCallbackUrl }: { readonly initialCallbackUrl: string }) {
  if (way === "QR") return {};
  const { parameters } = await page.visitTo(initialCallbackUrl);
  const callbackUrl = new URL(initialCallbackUrl);
  callbackUrl.search = new URLSearchParams(parameters).toString();
  return { callbackUrl };
}

const callback = () => ({ initialCallbackUrl: page.newAddress() });

describe("by notification", () => {
  it("a login, with the status of the certificate", async () => {
    const interactions = [{ type: "confirmationMessageAndVerificationCodeChoice", displayText200: "Log in?" }] as const;
    const login = client.startNotificationAuthentication(PERSON, { interactions });
    const person = valueOf(await verifyAuthentication(...(await answered(login)), { anchors, certificateStatus: ocspStatus() }));
    expect(person).toMatchObject({ ...PERSON, ...ACCOUNT, certificateLevel: "QUALIFIED", flowType: "Notification" });
  });

  it("a signature", async () => {
    const algorithm = "sha384WithRSAEncryption";
    const request = { ...ASK, algorithm, digest: await digestOf(DOCUMENT, algorithm), certificateLevel: "QSCD" } as const;
    const signature = await answered(client.startNotificationSignature(ACCOUNT, request));
    expect(valueOf(await verifySignature(...signature, { anchors }))).toMatchObject({ ...ACCOUNT, flowType: "Notification" });
  });

  it("a login and a signature with Ed25519, whose certificates are others than those for RSA", async () => {
    const algorithm = "ed25519/SHA-256";
    const login = await answered(client.startNotificationAuthentication(ACCOUNT, { ...ASK, algorithm }));
    const person = valueOf(await verifyAuthentication(...login, { anchors, certificateStatus: ocspStatus() }));
    expect(person).toMatchObject({ ...PERSON, ...ACCOUNT, certificateLevel: "QUALIFIED", flowType: "Notification" });
    const request = { ...ASK, algorithm, digest: await digestOf(DOCUMENT, algorithm) } as const;
    const signature = await answered(client.startNotificationSignature(ACCOUNT, request));
    const signed = valueOf(await verifySignature(...signature, { anchors, certificateStatus: ocspStatus() }));
    expect(Buffer.from(signed.signature, "base64")).toHaveLength(64);
    const rsa = valueOf(await verifyCertificate(ACCOUNT, valueOf(await client.certificate(ACCOUNT)), { anchors }));
    expect(new Set([person.certificate, signed.certificate, rsa.certificate]).size).toBe(3);
  });

  it("the choice of a certificate, which is the one that can be had at once", async () => {
    const choice = await answered(client.startNotificationCertificateChoice(PERSON));
    const { certificate } = valueOf(await verifyCertificateChoice(...choice, { anchors }));
    const given = valueOf(await client.certificate(ACCOUNT));
    expect(valueOf(await verifyCertificate(ACCOUNT, given, { anchors }))).toMatchObject({ ...PERSON, certificate });
  });
});

describe.each(["QR", "Web2App", "App2App"] as const)("by a link of the type %s", (way) => {
  it("a login of whoever opens it, and a signature of one person", async () => {
    const [login, said] = await opened(way, client.startDeviceLinkAuthentication("anyone", { ...ASK, ...callback() }));
    const person = await verifyAuthentication(login, said, { anchors, ...(await backFrom(way, login)) });
    expect(valueOf(person)).toMatchObject({ ...PERSON, flowType: way });
    const request = { ...ASK, ...callback(), digest: await digestOf(DOCUMENT) };
    const [payment, signed] = await opened(way, client.startDeviceLinkSignature(PERSON, request));
    const signature = await verifySignature(payment, signed, { anchors, ...(await backFrom(way, payment)) });
    expect(valueOf(signature)).toMatchObject({ ...PERSON, flowType: way });
  });

  it("a choice and the signature that follows, which needs the browser of a choice on the same device", async () => {
    const [choice, chosen] = await opened(way, client.startDeviceLinkCertificateChoice(callback()));
    const who = valueOf(await verifyCertificateChoice(choice, chosen, { anchors }));
    expect(who).toMatchObject({ ...ACCOUNT, flowType: way });
    const request = { ...ASK, digest: await digestOf(DOCUMENT) };
    const [payment, signed] = await answered(client.startLinkedSignature(choice, who, request));
    const back = await backFrom(way, choice);
    expect(valueOf(await verifySignature(payment, signed, { anchors, ...back }))).toMatchObject(ACCOUNT);
    const alone = await verifySignature(payment, signed, { anchors });
    expect(alone.ok ? "accepted" : alone.failure.code).toBe(way === "QR" ? "accepted" : "callback_missing");
  });
});

describe("the package", () => {
  it("has the dependencies that it imports, and no others", async () => {
    await packed;
    const { dependencies } = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8")) as { dependencies: object };
    const files = readdirSync(PACKAGE, { recursive: true, encoding: "utf8" }).filter((name) => /\.(js|d\.ts)$/.test(name));
    const programs = files.map((name) => readFileSync(join(PACKAGE, name), "utf8"));
    const imported = programs.flatMap((text) =>
      [...text.matchAll(/\b(?:from|import) ?\(?"([^."][^"]*)"/g)].map(([, name = ""]) => name),
    );
    expect([...new Set(imported)].toSorted()).toEqual(Object.keys(dependencies).toSorted());
  });

  it("logs a person in as its README says, in plain Node", async () => {
    await packed;
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(PACKAGE, join(folder, "node_modules", "tally-relying-party-client"));
    const [, example = ""] = /```ts\n([^]*?)```/.exec(readFileSync(join(PACKAGE, "README.md"), "utf8")) ?? [];
    const given = [`const rootPem = ${JSON.stringify(pem("root"))};`, `const issuingPem = ${JSON.stringify(pem("eid-q"))};`];
    const program = [...given, "const show = () => undefined;", example.replace("http://localhost:8787", server.url)];
    writeFileSync(join(folder, "program.mjs"), program.join("\n"));
    const { stdout } = await run(process.execPath, [join(folder, "program.mjs")]);
    expect(stdout).toMatch(/^PNOEE-40504040001 \S+ \S+\n$/);
  });
});
