// The device routes, asked with what is no message of any device: always a problem document of the 4xx kind, for messages that do
// not open always the same one, and nothing stored. What opens and is wrong inside is in fuzz-operations.test.ts.
import { listDurableObjectIds } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { IV_LENGTH, MAXIMUM_MESSAGE_LENGTH, sealMessage } from "../../src/channel/message.ts";
import { requestSchema } from "../../src/protocol/device-messages.ts";
import { toBase64Url, utf8 } from "../../src/protocol/encoding.ts";
import { asJson, changed, fieldsOf, HOSTILE, HOSTILE_BODY } from "../support/hostile-values.ts";
import { identifiedDevice } from "../support/headless-device.ts";
import { postMessage, randomBytes, RawDevice } from "../support/raw-device.ts";
import { expectProblem } from "../support/problem.ts";
import { dumpDeployment, dumpObject } from "../support/storage-dump.ts";

const RUNS = 200;

let device: RawDevice;
let other: RawDevice;

beforeAll(async () => {
  device = new RawDevice((await identifiedDevice()).storage.record);
  other = new RawDevice((await identifiedDevice()).storage.record);
});

/** A request that would be answered if its message opened. */
const validPlaintext = () => utf8(JSON.stringify(device.request("getKeyState", {})));
const expectedHeader = () => ({ alg: "dir", enc: "A256GCM", kid: device.handle });

/** Everything of an answer that its receiver can see. */
async function wholeAnswer(response: Response): Promise<string> {
  return JSON.stringify([response.status, [...response.headers], await response.text()]);
}

let refusal = "";

/** The one answer to whatever does not open. */
async function expectNotOpened(message: BodyInit, headers: Record<string, string> = {}): Promise<void> {
  const response = await postMessage(message, headers);
  if (refusal === "") {
    await expectProblem(response.clone(), 401);
    refusal = await wholeAnswer(response);
    return;
  }
  expect({ message, answer: await wholeAnswer(response) }).toEqual({ message, answer: refusal });
}

/** Runs it and compares everything that is stored before and after. */
async function changesNothing(work: () => Promise<void>): Promise<void> {
  const before = await dumpDeployment();
  await work();
  expect(await dumpDeployment()).toEqual(before);
}

describe("POST /device/messages: a message that does not open gets always the same answer and changes nothing", () => {
  it("whatever the text", async () => {
    const segment = fc.stringMatching(/^[A-Za-z0-9_=+/-]{0,60}$/);
    const header = fc.constant(toBase64Url(utf8(JSON.stringify(expectedHeader()))));
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 300 }),
      fc.array(segment, { maxLength: 7 }).map((segments) => segments.join(".")),
      // From here on the header is right, and the account is asked.
      fc.tuple(header, fc.array(segment, { maxLength: 6 })).map(([first, rest]) => [first, ...rest].join(".")),
      fc.tuple(header, segment, segment, segment).map(([first, ...rest]) => [first, "", ...rest].join(".")),
      fc.constantFrom("", ".", "....", "x".repeat(MAXIMUM_MESSAGE_LENGTH), ".".repeat(MAXIMUM_MESSAGE_LENGTH)),
    );
    await changesNothing(() =>
      fc.assert(
        fc.asyncProperty(text, (message) => expectNotOpened(message)),
        { numRuns: 2 * RUNS },
      ),
    );
  });

  it("whatever the protected header, authentic under the right key or not", async () => {
    const right = expectedHeader();
    const texts = [
      ...["A256KW", "ECDH-ES", "RSA-OAEP", "none", "", "DIR"].map((alg) => ({ ...right, alg })),
      ...["A128GCM", "A192GCM", "A256CBC-HS512", "none", ""].map((enc) => ({ ...right, enc })),
      ...[other.handle, device.handle.toUpperCase(), ` ${device.handle}`, "", 7, null, [device.handle]].map((kid) => ({
        ...right,
        kid,
      })),
      { ...right, zip: "DEF" },
      { ...right, crit: ["exp"], exp: 0 },
      { ...right, crit: [] },
      { ...right, apu: "AA" },
      { ...right, typ: "JWT" },
      { ...right, cty: "application/jose" },
      { ...right, jku: "http://localhost/keys" },
      { kid: device.handle, enc: "A256GCM", alg: "dir" },
      { alg: "dir", enc: "A256GCM" },
      [right],
      null,
    ].map((header) => JSON.stringify(header));
    const exact = JSON.stringify(right);
    const spellings = [
      ` ${exact}`,
      `${exact}\n`,
      exact.replaceAll(",", ", "),
      exact.replace("dir", String.raw`\u0064ir`),
      exact.replace("}", ',"alg":"dir"}'),
      exact.replace("{", '{"__proto__":{},'),
      "{",
      "",
      "\u0000",
    ];
    await changesNothing(async () => {
      for (const header of [...texts, ...spellings]) await expectNotOpened(await device.sealUnder(header, validPlaintext()));
      const anyMutation = fc.tuple(fc.constantFrom("alg", "enc", "kid", "zip", "crit", "x", "__proto__"), HOSTILE);
      await fc.assert(
        fc.asyncProperty(anyMutation, async ([name, value]) => {
          const header = JSON.stringify(changed(right, [name], value));
          fc.pre(header !== exact);
          await expectNotOpened(await device.sealUnder(header, validPlaintext()));
        }),
        { numRuns: RUNS },
      );
    });
  });

  it("whatever the key: of the other direction, of another account, of nobody", async () => {
    await changesNothing(async () => {
      const plaintext = validPlaintext();
      for (const key of [device.serverToDevice, other.deviceToServer, new Uint8Array(32), randomBytes(32)]) {
        await expectNotOpened(await device.seal(plaintext, key));
      }
      // An answer played back as a request.
      await expectNotOpened(
        await device.seal(utf8(JSON.stringify({ requestId: "", outcome: { ok: true } })), device.serverToDevice),
      );
      // A message of this account, readdressed to another one.
      const [, ...segments] = (await device.seal(plaintext)).split(".");
      const [header] = (await other.seal(plaintext)).split(".");
      await expectNotOpened([header, ...segments].join("."));
    });
  });

  it("whatever the handle: of other objects, of accounts that were never made, of no object at all", async () => {
    const handles = [
      env.SESSIONS.newUniqueId().toString(),
      env.SESSIONS.idFromName("session").toString(),
      env.PERSONS.idFromName("PNOEE-40504040001").toString(),
      env.ACCOUNTS.newUniqueId().toString(),
      env.ACCOUNTS.idFromName("account").toString(),
      "0".repeat(64),
      "f".repeat(64),
      device.handle.replace(/.$/, (last) => (last === "0" ? "1" : "0")),
    ];
    await changesNothing(async () => {
      for (const handle of handles) await expectNotOpened(await device.seal(validPlaintext(), device.deviceToServer, handle));
    });
  });

  it("wherever it is cut, and whichever character is changed", async () => {
    const message = await device.seal(validPlaintext());
    await changesNothing(async () => {
      for (let length = 0; length < message.length; length++) await expectNotOpened(message.slice(0, length));
      const place = fc.nat(message.length - 1);
      const character = fc.constantFrom(..."ABCQgwxz019-_.=+/ \n\t\u00e9");
      await fc.assert(
        fc.asyncProperty(place, character, async (index, to) => {
          fc.pre(message[index] !== to);
          await expectNotOpened(`${message.slice(0, index)}${to}${message.slice(index + 1)}`);
          await expectNotOpened(`${message.slice(0, index)}${to}${message.slice(index)}`);
        }),
        { numRuns: 2 * RUNS },
      );
      // The last character of a segment of 16 bytes has four bits that mean nothing.
      for (const last of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") {
        if (!message.endsWith(last)) await expectNotOpened(message.slice(0, -1) + last);
      }
      for (const tail of ["=", "==", "\n", " ", ".", "\u0000"]) await expectNotOpened(message + tail);
      await expectNotOpened(` ${message}`);
      // The same bytes, cut between ciphertext and tag elsewhere.
      const [header, , iv, ciphertext = "", tag = ""] = message.split(".");
      for (const moved of [4, 8, 16, 20]) {
        await expectNotOpened([header, "", iv, ciphertext.slice(0, -moved), ciphertext.slice(-moved) + tag].join("."));
      }
      await expectNotOpened([header, "", iv, "", ciphertext + tag].join("."));
    });
    // What was changed above would have opened.
    expect((await device.post(message)).outcome.ok).toBe(true);
  });

  it("whatever the headers around it", async () => {
    const headers = fc.record({
      "content-type": fc.stringMatching(/^[ -~]{0,100}$/),
      "cf-connecting-ip": fc.stringMatching(/^[ -~]{0,5000}$/),
      authorization: fc.stringMatching(/^[ -~]{0,100}$/),
      "x-filler": fc.constantFrom("", "x".repeat(100_000)),
    });
    await changesNothing(() =>
      fc.assert(
        fc.asyncProperty(headers, async (given) => expectNotOpened("a.b.c.d.e", given)),
        { numRuns: RUNS },
      ),
    );
  });
});

describe("POST /device/messages", () => {
  it("reads no body beyond its limit, and none that is not UTF-8", async () => {
    await changesNothing(async () => {
      for (const length of [MAXIMUM_MESSAGE_LENGTH + 1, 1_000_000])
        await expectProblem(await postMessage("x".repeat(length)), 413);
      // Longer in bytes than in characters.
      await expectProblem(await postMessage("é".repeat(MAXIMUM_MESSAGE_LENGTH)), 413);
      for (const bytes of [Uint8Array.of(0xff), Uint8Array.of(0xc0, 0x80), Uint8Array.of(0xed, 0xa0, 0x80)]) {
        await expectProblem(await postMessage(bytes), 400);
      }
    });
  });

  it("answers a plaintext of another form by a sealed failure, and changes nothing", async () => {
    const plaintext = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.json({ maxDepth: 4 }).map(utf8),
      fc.string({ unit: "binary", maxLength: 200 }).map(utf8),
      fc.constantFrom("", "null", "[]", "{}", "[".repeat(20_000), '{"operation":"getKeyState"}', "\ufeff{}").map(utf8),
    );
    const field = fc.tuple(fc.constantFrom("operation", "requestId", "oneTimePassword", "extra", "__proto__"), HOSTILE);
    const malformed = { requestId: "", outcome: { ok: false, failure: { code: "malformed" } } };
    await changesNothing(async () => {
      const stored = await dumpObject(device.stub());
      await fc.assert(
        fc.asyncProperty(plaintext, async (bytes) => {
          expect(await device.send(bytes)).toEqual(malformed);
        }),
        { numRuns: RUNS },
      );
      await fc.assert(
        fc.asyncProperty(field, async ([name, value]) => {
          const request = changed(device.request("getKeyState", {}), [name], value);
          fc.pre(!requestSchema.safeParse(asJson(request)).success);
          expect(await device.send(request as object)).toEqual(malformed);
          expect(await dumpObject(device.stub())).toEqual(stored);
        }),
        { numRuns: RUNS },
      );
    });
    expect(await device.code("getKeyState", {})).toBe("ok");
  });
});

describe("POST /device/accounts", () => {
  const post = (body: BodyInit, type = "application/json") =>
    exports.default.fetch("http://localhost:8787/device/accounts", { method: "POST", headers: { "content-type": type }, body });

  async function aPoint(): Promise<{ kty: string; crv: string; x: string; y: string }> {
    const { publicKey } = (await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, [
      "deriveBits",
    ])) as CryptoKeyPair;
    const { x = "", y = "" } = (await crypto.subtle.exportKey("jwk", publicKey)) as JsonWebKey;
    return { kty: "EC", crv: "P-256", x, y };
  }

  it("refuses whatever is no point on P-256, and makes no account", async () => {
    const point = await aPoint();
    const number = (value: bigint) =>
      toBase64Url(Uint8Array.from({ length: 32 }, (_, index) => Number((value >> BigInt(8 * (31 - index))) & 255n)));
    const prime = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
    const points = [
      { ...point, y: (await aPoint()).y },
      { ...point, x: point.y, y: point.x },
      { ...point, x: number(0n), y: number(0n) },
      { ...point, x: number(0n) },
      { ...point, x: number(prime), y: number(prime) },
      { ...point, x: number(2n ** 256n - 1n), y: number(2n ** 256n - 1n) },
      // A point of P-256's twist and of secp256k1 (its generator).
      { ...point, x: "eb5mfvncu6xVoGKVzocLBwKb_NstzijZWfKBWxb4F5g", y: "SDradyajxGVdpPv8DhEIqP0XtEimhVQZnEfQj_sQ1Lg" },
    ];
    await changesNothing(async () => {
      for (const deviceKey of points) await expectProblem(await post(JSON.stringify({ deviceKey })), 400);
      const y = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toBase64Url);
      await fc.assert(
        fc.asyncProperty(y, async (wrong) =>
          expectProblem(await post(JSON.stringify({ deviceKey: { ...point, y: wrong } })), 400),
        ),
        { numRuns: 50 },
      );
    });
  });

  it("refuses every other form of a key or a body, and makes no account", async () => {
    const body = { deviceKey: await aPoint() };
    const paths = [
      ...fieldsOf(body),
      ["extra"],
      ["__proto__"],
      ["deviceKey", "d"],
      ["deviceKey", "alg"],
      ["deviceKey", "__proto__"],
    ];
    const mutation = fc.tuple(fc.constantFrom(...paths), fc.oneof(HOSTILE, fc.constant(undefined)));
    await changesNothing(async () => {
      await fc.assert(
        fc.asyncProperty(mutation, async ([path, value]) => {
          const mutated = asJson(changed(body, path, value));
          fc.pre(JSON.stringify(mutated) !== JSON.stringify(body));
          await expectProblem(await post(JSON.stringify(mutated)), 400);
        }),
        { numRuns: RUNS },
      );
      await fc.assert(
        fc.asyncProperty(HOSTILE_BODY, async (hostile) => expectProblem(await post(hostile))),
        { numRuns: RUNS },
      );
      for (const type of [
        "",
        "text/plain",
        "application/jose",
        "application/x-www-form-urlencoded",
        "json",
        "application/json5",
      ]) {
        await expectProblem(await post(JSON.stringify(body), type), 415);
      }
    });
    expect((await post(JSON.stringify(body))).status).toBe(201);
  });
});

describe("paths and methods that nothing is mounted on", () => {
  it("are problem documents, and change nothing", async () => {
    const known = [
      "/device",
      "/device/keys",
      "/device/accounts",
      "/device/messages",
      "/device/push-key",
      "/device/live",
      "/registration",
      "/registration/about",
    ];
    const anyPath = fc
      .tuple(fc.constantFrom("/device", "/registration"), fc.string({ unit: "binary", minLength: 1, maxLength: 60 }))
      .map(([base, text]) => `${base}/${encodeURIComponent(text.toWellFormed())}`)
      .filter((path) => !known.includes(path) && !path.endsWith("/."));
    const paths = fc.oneof(
      anyPath,
      fc.constantFrom(
        "/device",
        "/device/",
        "/device/%",
        "/device/%E0%A4%A",
        "/device/keys/x",
        "/device/Keys",
        "/device/accounts/%2e%2e",
      ),
      fc.constantFrom(
        "/registration",
        "/registration/",
        "/registration/%ff",
        "/registration/self-asserted/x",
        "/registration/__proto__",
      ),
    );
    const method = fc.constantFrom("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");
    await changesNothing(async () => {
      await fc.assert(
        fc.asyncProperty(paths, method, async (path, verb) => {
          const init = { method: verb, ...(verb !== "GET" && { body: "{}" }) };
          await expectProblem(await exports.default.fetch(`http://localhost:8787${path}`, init), 404);
        }),
        { numRuns: RUNS },
      );
      for (const [path, verbs] of [
        ["/device/keys", ["POST", "PUT", "DELETE", "OPTIONS"]],
        ["/device/accounts", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"]],
        ["/device/messages", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"]],
        ["/device/push-key", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"]],
        ["/device/live", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"]],
        ["/registration/about", ["PUT", "PATCH", "DELETE", "OPTIONS"]],
        ["/registration/self-asserted", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"]],
      ] as const) {
        for (const verb of verbs)
          await expectProblem(await exports.default.fetch(`http://localhost:8787${path}`, { method: verb }), 404);
      }
    });
  });
});

describe("objects that nobody made", () => {
  it("have no tables, however they were asked for", async () => {
    const made = new Set([device.handle, other.handle]);
    const strangers = (await listDurableObjectIds(env.ACCOUNTS)).filter((id) => !made.has(id.toString()));
    const withTables = [];
    for (const id of strangers) {
      const tables = Object.keys(await dumpObject(env.ACCOUNTS.get(id)));
      if (tables.length > 0) withTables.push(id.toString());
    }
    // The one account of this file that was made by a valid body.
    expect(withTables).toHaveLength(1);
    const stranger = env.ACCOUNTS.newUniqueId().toString();
    await expectNotOpened(await sealMessage(device.deviceToServer, stranger, validPlaintext(), randomBytes(IV_LENGTH)));
    expect(await dumpObject(env.ACCOUNTS.get(env.ACCOUNTS.idFromString(stranger)))).toEqual({});
    expect(Object.keys(await dumpObject(device.stub()))).toContain("schema_version");
  });
});
