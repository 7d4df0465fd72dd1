// The client's calls: what goes out, byte for byte what the API reads; what comes back, however hostile; and polling.
import { describe, expect, it } from "vitest";
import { digestOf, RelyingPartyClient, type StartedSession } from "../../src/client/index.ts";
import {
  authenticationLinkRequest,
  authenticationRequest,
  certificateChoiceLinkRequest,
  certificateChoiceRequest,
  certificateRequest,
  linkedSignatureRequest,
  signatureLinkRequest,
  signatureRequest,
} from "../../src/protocol/relying-party-requests.ts";
import { fromBase64 } from "../../src/protocol/encoding.ts";
import { verificationCode } from "../../src/protocol/verification-code.ts";
import { TestClock } from "./clock.ts";
import { DOCUMENT, LINKED_CHOICE, NOTIFIED_LOGIN } from "./sessions.ts";

const NOW = Date.UTC(2026, 0, 2);
const SESSION_ID = "b4a1cbd5-5b4e-4f2a-9f43-8f7a5f0a2f11";
const LINK = {
  sessionID: SESSION_ID,
  sessionToken: "S2gPzh0R9tNHjvCz4mmuQmxZ2PSY1X3lQFcFRQXkq0b",
  sessionSecret: btoa("s".repeat(32)),
  deviceLinkBase: "https://id.example.com/device-link",
};
const PARTY = { relyingPartyUUID: "00000000-0000-4000-8000-000000000000", relyingPartyName: "DEMO" };
const TO = { semanticsIdentifier: "PNOEE-50001029996" };
const DOCUMENT_NUMBER = { documentNumber: "PNOEE-50001029996-ABCD-Q" };
const CALLBACK = { initialCallbackUrl: "https://rp.example.com/back?value=1" };
const ASK = { interactions: [{ type: "displayTextAndPIN", displayText60: "Log in? Õ€" }] } as const;

type Answer = (init: RequestInit, address: string) => Response | Promise<Response>;

/** Its time goes on where somebody pauses before another try; the time limits of requests, which are longer, never come. */
class PatientClock extends TestClock {
  override sleep(milliseconds: number): Promise<void> {
    return milliseconds > 10_000 ? new Promise(() => undefined) : super.sleep(milliseconds);
  }
}

/** A client whose API answers this. */
function clientOf(answer: Answer, clock: TestClock = new PatientClock(NOW)) {
  const asked: { readonly address: string; readonly init: RequestInit }[] = [];
  const client = new RelyingPartyClient({
    baseUrl: "https://api.example.com/v3/",
    ...PARTY,
    credential: "secret",
    clock,
    fetch: async (address, init) => {
      asked.push({ address, init });
      return answer(init, address);
    },
  });
  return { client, asked, clock };
}

const says =
  (body: unknown, status = 200): Answer =>
  () =>
    Response.json(body, { status });
const login = (answer: Answer) => clientOf(answer).client.startNotificationAuthentication(TO, ASK);

async function failureOf(result: Promise<{ readonly ok: boolean; readonly failure?: unknown }>): Promise<unknown> {
  const { ok, failure } = await result;
  return ok ? "none" : failure;
}

describe("a start", () => {
  const SIGN = { ...ASK, digest: "", nonce: "once" };
  const VC = { sessionID: SESSION_ID, vc: { type: "numeric4", value: "0417" } };
  type Client = RelyingPartyClient;
  it.each([
    [
      "authentication/notification/etsi/PNOEE-50001029996",
      authenticationRequest,
      { sessionID: SESSION_ID },
      (client: Client) => client.startNotificationAuthentication(TO, ASK),
    ],
    [
      "authentication/notification/document/PNOEE-50001029996-ABCD-Q",
      authenticationRequest,
      { sessionID: SESSION_ID },
      (client: Client) => client.startNotificationAuthentication(DOCUMENT_NUMBER, ASK),
    ],
    [
      "authentication/device-link/anonymous",
      authenticationLinkRequest,
      LINK,
      (client: Client) => client.startDeviceLinkAuthentication("anyone", { ...ASK, ...CALLBACK }),
    ],
    [
      "authentication/device-link/etsi/PNOEE-50001029996",
      authenticationLinkRequest,
      LINK,
      (client: Client) => client.startDeviceLinkAuthentication(TO, ASK),
    ],
    [
      "authentication/device-link/document/PNOEE-50001029996-ABCD-Q",
      authenticationLinkRequest,
      LINK,
      (client: Client) => client.startDeviceLinkAuthentication(DOCUMENT_NUMBER, ASK),
    ],
    [
      "signature/notification/etsi/PNOEE-50001029996",
      signatureRequest,
      VC,
      async (client: Client) =>
        client.startNotificationSignature(TO, {
          ...SIGN,
          algorithm: "ed25519/SHA-384",
          digest: await digestOf(DOCUMENT, "ed25519/SHA-384"),
        }),
    ],
    [
      "signature/notification/document/PNOEE-50001029996-ABCD-Q",
      signatureRequest,
      VC,
      async (client: Client) =>
        client.startNotificationSignature(DOCUMENT_NUMBER, {
          ...SIGN,
          algorithm: "sha256WithRSAEncryption",
          digest: await digestOf(DOCUMENT, "sha256WithRSAEncryption"),
        }),
    ],
    [
      "signature/device-link/etsi/PNOEE-50001029996",
      signatureLinkRequest,
      LINK,
      async (client: Client) => client.startDeviceLinkSignature(TO, { ...SIGN, ...CALLBACK, digest: await digestOf(DOCUMENT) }),
    ],
    [
      "signature/device-link/document/PNOEE-50001029996-ABCD-Q",
      signatureLinkRequest,
      LINK,
      async (client: Client) =>
        client.startDeviceLinkSignature(DOCUMENT_NUMBER, { ...SIGN, certificateLevel: "QSCD", digest: await digestOf(DOCUMENT) }),
    ],
    [
      "signature/notification/linked/PNOEE-50001029996-ABCD-Q",
      linkedSignatureRequest,
      { sessionID: SESSION_ID },
      async (client: Client) =>
        client.startLinkedSignature(
          LINKED_CHOICE,
          { ...DOCUMENT_NUMBER, flowType: "Web2App" },
          { ...SIGN, digest: await digestOf(DOCUMENT) },
        ),
    ],
    [
      "signature/certificate-choice/notification/etsi/PNOEE-50001029996",
      certificateChoiceRequest,
      { sessionID: SESSION_ID },
      (client: Client) => client.startNotificationCertificateChoice(TO),
    ],
    [
      "signature/certificate-choice/device-link/anonymous",
      certificateChoiceLinkRequest,
      LINK,
      (client: Client) =>
        client.startDeviceLinkCertificateChoice({ ...CALLBACK, shareClientAddress: true, capabilities: ["QUALIFIED"] }),
    ],
    [
      "signature/certificate/PNOEE-50001029996-ABCD-Q",
      certificateRequest,
      { state: "OK", cert: { value: "AA==", certificateLevel: "QUALIFIED" } },
      (client: Client) => client.certificate(DOCUMENT_NUMBER),
    ],
  ])("at %s says what the server reads, and remembers it", async (path, schema, answer, call) => {
    const { client, asked } = clientOf(says(answer));
    const result = await call(client);
    const [{ address, init }] = asked as [(typeof asked)[number]];
    expect([address, init.method, init.redirect]).toEqual([`https://api.example.com/v3/${path}`, "POST", "manual"]);
    expect(init.headers).toEqual({ authorization: "Bearer secret", "content-type": "application/json" });
    const body = JSON.parse(init.body as string) as Record<string, unknown>;
    const read = schema.safeParse(body);
    expect(read.error).toBeUndefined();
    expect(body).toMatchObject(PARTY);
    if (!result.ok || "state" in result.value) return expect(result).toMatchObject({ ok: true });
    const started = result.value;
    const { signatureProtocolParameters: sent, interactions } = body as {
      signatureProtocolParameters?: Record<string, unknown>;
      interactions?: string;
    };
    const { vc, ...plain } = answer as Record<string, unknown> & { vc?: unknown };
    expect(started).toMatchObject({
      ...plain,
      receivedAt: NOW,
      relyingPartyName: "DEMO",
      certificateLevel: body["certificateLevel"],
    });
    expect(JSON.parse(JSON.stringify(started))).toEqual(started);
    if (interactions !== undefined) expect(started).toMatchObject({ interactions });
    if (sent?.["digest"] !== undefined) expect(started).toMatchObject({ digest: sent["digest"] });
    if (sent?.["rpChallenge"] !== undefined) expect(started).toMatchObject({ rpChallenge: sent["rpChallenge"] });
    if (vc !== undefined) expect(started).toMatchObject({ verificationCode: "0417" });
    if (started.kind === "authentication" && started.flow === "notification") {
      expect(fromBase64(started.rpChallenge)).toHaveLength(64);
      expect(started.verificationCode).toBe(verificationCode(fromBase64(started.rpChallenge)!));
    }
    if (started.flow === "linked") {
      const { initialCallbackUrl, sessionSecret } = LINKED_CHOICE;
      expect(started.choice).toEqual({ flowType: "Web2App", initialCallbackUrl, sessionSecret });
    }
    if (started.flow === "device-link") expect(started.initialCallbackUrl).toBe(body["initialCallbackUrl"] ?? "");
  });

  const ED25519_DIGEST = { algorithm: "ed25519/SHA-512", digest: btoa("x".repeat(64)) } as const;
  it("has a challenge that no other one has", async () => {
    const { client, asked } = clientOf(says({ sessionID: SESSION_ID }));
    await client.startNotificationAuthentication(TO, ASK);
    await client.startNotificationAuthentication(TO, ASK);
    expect(asked[0]?.init.body).not.toBe(asked[1]?.init.body);
  });

  it.each<[field: string, call: (client: Client) => Promise<{ readonly ok: boolean }>]>([
    ["semanticsIdentifier", (client) => client.startNotificationAuthentication({ semanticsIdentifier: "../.." }, ASK)],
    ["documentNumber", (client) => client.startNotificationAuthentication({ documentNumber: ".." }, ASK)],
    ["interactions", (client) => client.startNotificationAuthentication(TO, { interactions: [] })],
    [
      "interactions",
      (client) => client.startNotificationAuthentication(TO, { interactions: [...ASK.interactions, ...ASK.interactions] }),
    ],
    [
      "interactions",
      (client) =>
        client.startNotificationAuthentication(TO, {
          interactions: [{ type: "displayTextAndPIN", displayText60: "x".repeat(61) }],
        }),
    ],
    [
      "interactions",
      (client) =>
        client.startNotificationAuthentication(TO, { interactions: [{ type: "confirmationMessage", displayText200: " " }] }),
    ],
    ["digest", (client) => client.startNotificationSignature(TO, { ...ASK, digest: btoa("x".repeat(32)) })],
    ["digest", (client) => client.startNotificationSignature(TO, { ...ASK, digest: "no base64" })],
    [
      "initialCallbackUrl",
      (client) => client.startDeviceLinkAuthentication(TO, { ...ASK, initialCallbackUrl: "https://rp.example/#x" }),
    ],
    ["initialCallbackUrl", (client) => client.startDeviceLinkCertificateChoice({ initialCallbackUrl: "https://rp.example/a|b" })],
    [
      "algorithm",
      (client) =>
        // @ts-expect-error What follows a choice is by RSA: a program without types hears it all the same.
        client.startLinkedSignature(LINKED_CHOICE, { ...DOCUMENT_NUMBER, flowType: "QR" }, { ...ASK, ...ED25519_DIGEST }),
    ],
  ])("with a wrong %s is refused before anybody is asked", async (field, call) => {
    const { client, asked } = clientOf(says({}));
    expect(await failureOf(call(client))).toEqual({ code: "request_invalid", fields: [field] });
    expect(asked).toEqual([]);
  });

  it.each([[{ sessionID: "1" }], [{}], [[]], [null], ["text"]])("answered with %j is not believed", async (body) => {
    expect(await failureOf(login(says(body)))).toEqual({ code: "answer_malformed" });
  });

  it.each([
    { sessionToken: "short" },
    { sessionToken: `${LINK.sessionToken}&x=1` },
    { sessionSecret: "c2hvcnQ=" },
    { sessionSecret: "x".repeat(25) },
    { deviceLinkBase: "javascript:alert(1)" },
    { deviceLinkBase: "https://id.example.com/?x" },
    { deviceLinkBase: undefined },
  ])("by device link answered with %j is not believed", async (change) => {
    const { client } = clientOf(says({ ...LINK, ...change }));
    expect(await failureOf(client.startDeviceLinkAuthentication("anyone", ASK))).toEqual({ code: "answer_malformed" });
  });

  it("of a signature needs the code that the API draws", async () => {
    const request = { ...ASK, digest: await digestOf(DOCUMENT) };
    for (const vc of [
      undefined,
      { type: "other", value: "0417" },
      { type: "numeric4", value: "417" },
      { type: "numeric4", value: 417 },
    ]) {
      const { client } = clientOf(says({ sessionID: SESSION_ID, vc }));
      expect(await failureOf(client.startNotificationSignature(TO, request))).toEqual({ code: "answer_malformed" });
    }
  });
});

describe("a refusal", () => {
  const problem = {
    title: "x",
    detail: "PNOEE-50001029996",
    errors: [{ pointer: "#/interactions" }, { paramName: "PNOEE 1" }, null],
  };
  it.each([
    [400, problem, { code: "request_invalid", status: 400, fields: ["#/interactions"] }],
    [400, {}, { code: "request_invalid", status: 400 }],
    [401, problem, { code: "not_authenticated", status: 401 }],
    [403, {}, { code: "not_permitted", status: 403 }],
    [404, {}, { code: "account_unknown", status: 404 }],
    [
      404,
      { detail: "The person has no account of the requested certificate level." },
      { code: "no_suitable_account", status: 404 },
    ],
    [429, {}, { code: "too_many_requests", status: 429, retryAfterSeconds: 7 }],
    [471, {}, { code: "no_suitable_account", status: 471 }],
    [472, {}, { code: "person_must_act", status: 472 }],
    [480, {}, { code: "client_too_old", status: 480 }],
    [580, {}, { code: "maintenance", status: 580 }],
    [500, {}, { code: "service_trouble", status: 500 }],
    [302, {}, { code: "service_trouble", status: 302 }],
    [201, { sessionID: SESSION_ID }, { code: "service_trouble", status: 201 }],
  ])("of the status %i with %j is told by its code, and nothing personal of it", async (status, body, failure) => {
    const headers = status === 429 ? { "retry-after": "7" } : {};
    const result = await login(() => Response.json(body, { status, headers }));
    expect(result).toEqual({ ok: false, failure });
  });
});

describe("a hostile answer", () => {
  it.each<[what: string, answer: Answer, code: string]>([
    ["that is no JSON", () => new Response("<html>", { headers: { "content-type": "application/json" } }), "answer_malformed"],
    ["that does not say that it is JSON", () => new Response(JSON.stringify({ sessionID: SESSION_ID })), "answer_malformed"],
    [
      "that is not UTF-8",
      () => new Response(new Uint8Array([0x22, 0xff, 0x22]), { headers: { "content-type": "application/json" } }),
      "answer_malformed",
    ],
    ["without a body", () => new Response(null, { headers: { "content-type": "application/json" } }), "answer_malformed"],
    ["that never comes", () => Promise.reject(new TypeError("gone")), "unreachable"],
  ])("%s is a failure", async (_, answer, code) => {
    expect(await failureOf(login(answer))).toEqual({ code });
  });

  it("without end is not read beyond the limit, and the stream is cancelled", async () => {
    let [pulled, cancelled] = [0, false];
    const body = new ReadableStream(
      {
        pull(controller) {
          // Where nobody stops, this test does.
          if (++pulled > 1000) controller.close();
          else controller.enqueue(new Uint8Array(1024).fill(0x20));
        },
        cancel: () => void (cancelled = true),
      },
      { highWaterMark: 0 },
    );
    const answer = new Response(body, { headers: { "content-type": "application/json" } });
    expect(await failureOf(login(() => answer))).toEqual({ code: "answer_malformed" });
    expect([pulled, cancelled]).toEqual([65, true]);
  });

  it("that stops in the middle is given up in time, or when the caller says", async () => {
    const stuck = () => new Response(new ReadableStream({ pull: () => new Promise(() => undefined) }));
    const { client: hurried } = clientOf(stuck, new TestClock(NOW));
    expect(await failureOf(hurried.startNotificationAuthentication(TO, ASK))).toEqual({ code: "unreachable" });
    const controller = new AbortController();
    const { client } = clientOf(() => {
      queueMicrotask(() => controller.abort());
      return stuck();
    });
    const aborted = client.startNotificationAuthentication(TO, { ...ASK, signal: controller.signal });
    expect(await failureOf(aborted)).toEqual({ code: "aborted" });
    const { client: again, asked } = clientOf(stuck);
    expect(await failureOf(again.startNotificationAuthentication(TO, { ...ASK, signal: controller.signal }))).toEqual({
      code: "aborted",
    });
    expect(asked).toEqual([]);
  });
});

describe("the result of a session", () => {
  const COMPLETE = { state: "COMPLETE", result: { endResult: "TIMEOUT" } };
  const started: StartedSession = { ...NOTIFIED_LOGIN, receivedAt: NOW };

  /** Answers in turn, the last one for ever; each takes `takes` milliseconds. */
  function answering(answers: readonly Answer[], takes = 0) {
    let index = 0;
    const here = clientOf((init, address) => {
      here.clock.time += takes;
      return answers[Math.min(index++, answers.length - 1)]!(init, address);
    });
    return here;
  }

  it("is asked for by long polls until it is there", async () => {
    const { client, asked, clock } = answering([says({ state: "RUNNING" }), says({ state: "RUNNING" }), says(COMPLETE)], 60_000);
    expect(await client.result(started)).toEqual({ ok: true, value: { state: "COMPLETE", endResult: "TIMEOUT" } });
    const timeouts = asked.map(({ address }) => new URL(address).searchParams.get("timeoutMs"));
    expect(timeouts).toEqual(["60000", "60000", "60000"]);
    expect(asked[0]?.address).toBe(`https://api.example.com/v3/session/${SESSION_ID}?timeoutMs=60000`);
    expect(asked[0]?.init.headers).toEqual({ authorization: "Bearer secret" });
    expect(clock.slept).toEqual([]);
  });

  it("is not asked for without a pause where the API does not wait", async () => {
    const { client, asked, clock } = answering([says({ state: "RUNNING" })]);
    expect(await client.result(started)).toEqual({ ok: false, failure: { code: "session_over" } });
    expect(asked).toHaveLength(195);
    expect(clock.time - NOW).toBe(194_000);
  });

  it("is asked for again after trouble that may pass, later each time", async () => {
    const gone = () => Promise.reject(new TypeError("gone"));
    const busy = () => Response.json({}, { status: 429, headers: { "retry-after": "9" } });
    const { client, clock } = answering([
      gone,
      says({}, 503),
      gone,
      busy,
      gone,
      gone,
      says({ state: "RUNNING" }),
      gone,
      says(COMPLETE),
    ]);
    expect((await client.result(started)).ok).toBe(true);
    expect(clock.slept).toEqual([1000, 2000, 4000, 9000, 10_000, 10_000, 1000, 1000]);
  });

  it("is asked for again after a page that came in its place, as proxies send them", async () => {
    const page = () => new Response("<html>", { headers: { "content-type": "text/html" } });
    const { client, clock } = answering([page, says({ state: "STRANGE" }), says(COMPLETE)]);
    expect((await client.result(started)).ok).toBe(true);
    expect(clock.slept).toEqual([1000, 2000]);
  });

  it("is there after a fault that lasted longer than the session", async () => {
    for (const [from, until] of [
      [150_000, 200_000],
      [0, 460_000],
    ] as const) {
      const { client, clock } = clientOf(() => {
        const elapsed = clock.time - NOW;
        if (elapsed >= from && elapsed < until) return Promise.reject(new TypeError("gone"));
        return Response.json(elapsed < from ? { state: "RUNNING" } : COMPLETE);
      });
      expect((await client.result(started)).ok).toBe(true);
      expect(clock.time - NOW).toBeGreaterThanOrEqual(until);
    }
  });

  it("is given up with what was last wrong when no answer is given out anymore", async () => {
    const { client, asked, clock } = answering([says({}, 500)]);
    expect(await client.result(started)).toEqual({ ok: false, failure: { code: "service_trouble", status: 500 } });
    expect(clock.time - NOW).toBeGreaterThan(469_000);
    expect(clock.time - NOW).toBeLessThan(480_000);
    expect(asked.length).toBeLessThan(60);
    const late = answering([says(COMPLETE)]);
    late.clock.time += 400_000;
    expect((await late.client.result(started)).ok).toBe(true);
  });

  it.each([
    [404, "session_unknown"],
    [401, "not_authenticated"],
    [302, "service_trouble"],
    [580, "maintenance"],
  ])("is given up at once after a %i", async (status, code) => {
    const { client, asked } = answering([says({}, status)]);
    expect(await client.result(started)).toEqual({ ok: false, failure: { code, status } });
    expect(asked).toHaveLength(1);
  });

  it("is given up at once when the caller says, in a poll and between two", async () => {
    const inPoll = new AbortController();
    const waiting = answering([
      ({ signal }) =>
        new Promise((_, reject) => {
          signal?.addEventListener("abort", () => reject(new TypeError("aborted")));
          inPoll.abort();
        }),
    ]);
    expect(await failureOf(waiting.client.result(started, { signal: inPoll.signal }))).toEqual({ code: "aborted" });
    const between = new AbortController();
    const { client, asked, clock } = answering([says({}, 500)]);
    clock.sleep = async () => between.abort();
    expect(await failureOf(client.result(started, { signal: between.signal }))).toEqual({ code: "aborted" });
    expect(asked).toHaveLength(1);
  });

  it("is asked for within the limits of the API alone", async () => {
    const { client } = answering([says(COMPLETE)]);
    await expect(client.status(started, { timeoutMs: 999 })).rejects.toThrow(RangeError);
    await expect(client.status(started, { timeoutMs: 120_001 })).rejects.toThrow(RangeError);
    expect(await client.status(started, { timeoutMs: 1000 })).toMatchObject({ ok: true });
  });
});

describe("a client", () => {
  const options = { ...PARTY, baseUrl: "https://api.example.com/v3" };
  it.each([
    [{ baseUrl: "api.example.com" }],
    [{ baseUrl: "ftp://api.example.com" }],
    [{ baseUrl: "https://api.example.com/v3?x" }],
    [{ baseUrl: "http://api.example.com/v3" }],
    [{ baseUrl: "http://127.0.0.1.example.com/v3" }],
    [{ baseUrl: "https://user:password@api.example.com/v3" }],
    [{ baseUrl: "https://user@api.example.com/v3" }],
    [{ credential: "secret\n" }],
    [{ credential: "secret\r\nx: y" }],
    [{ credential: "sécret" }],
    [{ credential: "" }],
    [{ relyingPartyUUID: "1" }],
    [{ relyingPartyName: "" }],
    [{ relyingPartyName: "Õ".repeat(17) }],
  ])("is not made with %j", (change) => {
    expect(() => new RelyingPartyClient({ ...options, ...change })).toThrow(TypeError);
  });

  it("speaks in the clear to one's own machine alone", () => {
    for (const baseUrl of ["http://localhost:8787/v3", "http://127.0.0.1/v3", "http://[::1]:1/v3"]) {
      expect(new RelyingPartyClient({ ...options, baseUrl, credential: "secret-._~+/=" })).toBeInstanceOf(RelyingPartyClient);
    }
  });
});
