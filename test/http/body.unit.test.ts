import { describe, expect, test } from "vitest";
import { BODY_LIMIT, readBytes, readJson } from "../../src/http/body.ts";

const post = (body: BodyInit, headers: Record<string, string> = { "content-type": "application/json" }): Request =>
  new Request("http://localhost/", { method: "POST", body, headers });

describe("a body", () => {
  test("of exactly the limit is read", async () => {
    const read = await readBytes(post(new Uint8Array(BODY_LIMIT)));
    expect(read.ok && read.value.length).toBe(BODY_LIMIT);
  });

  test("one byte over the limit is refused", async () => {
    expect(await readBytes(post(new Uint8Array(BODY_LIMIT + 1)))).toEqual({ ok: false, failure: { kind: "body_too_large" } });
  });

  /** Sends pieces until nobody wants more, or until the limit of pieces. */
  const streaming = (pieceLength: number, pieces: number) => {
    const seen = { sent: 0, cancelled: false };
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (seen.sent === pieces) return controller.close();
        seen.sent++;
        controller.enqueue(new Uint8Array(pieceLength));
      },
      cancel() {
        seen.cancelled = true;
      },
    });
    return { stream, seen };
  };

  test("that is too long and does not say so is let finish before it is refused", async () => {
    const { stream, seen } = streaming(1024, 100);
    expect(await readBytes(post(stream))).toEqual({ ok: false, failure: { kind: "body_too_large" } });
    expect(seen).toEqual({ sent: 100, cancelled: false });
  });

  test("that never ends is cut off", async () => {
    const { stream, seen } = streaming(1024 * 1024, Infinity);
    expect(await readBytes(post(stream))).toEqual({ ok: false, failure: { kind: "body_too_large" } });
    expect(seen.cancelled).toBe(true);
    expect(seen.sent).toBeLessThan(110);
  });

  test("that breaks off is the sender's fault", async () => {
    const broken = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.error(new Error("reset"));
      },
    });
    expect(await readBytes(post(broken))).toMatchObject({ ok: false, failure: { kind: "malformed" } });
  });

  test("may be missing", async () => {
    expect(await readBytes(new Request("http://localhost/"))).toEqual({ ok: true, value: new Uint8Array(0) });
  });
});

describe("JSON", () => {
  test.each(["application/json", "Application/JSON; charset=utf-8", "application/problem+json"])(
    "may come as %s",
    async (type) => {
      expect(await readJson(post("{}", { "content-type": type }))).toEqual({ ok: true, value: {} });
    },
  );

  // What a foreign web page may send without asking.
  test.each(["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/json", ""])(
    "may not come as %j",
    async (type) => {
      expect(await readJson(post("{}", { "content-type": type }))).toEqual({
        ok: false,
        failure: { kind: "unsupported_media_type" },
      });
    },
  );

  test.each([
    ["nothing", ""],
    ["half an object", '{"a":'],
    ["a trailing comma", "[1,]"],
    ["a byte-order mark", "\ufeff{}"],
    ["what is not UTF-8", Uint8Array.of(0x22, 0xc3, 0x28, 0x22)],
  ])("is not %s", async (_name, body) => {
    expect(await readJson(post(body))).toMatchObject({ ok: false, failure: { kind: "malformed" } });
  });

  test("nested as deep as the limit allows is read without harm", async () => {
    const depth = BODY_LIMIT / 2 - 1;
    expect(await readJson(post("[".repeat(depth) + "]".repeat(depth)))).toMatchObject({ ok: true });
  });

  test("cannot reach the prototype of anything", async () => {
    const read = await readJson(post('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'));
    expect(read.ok).toBe(true);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });
});
