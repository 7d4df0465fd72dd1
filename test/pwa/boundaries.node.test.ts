// What the page lets in and out: which addresses become scripts, and what goes with a message to the server.
import "./support/page.ts";
import { describe, expect, it, vi } from "vitest";

vi.hoisted(() => {
  vi.stubGlobal("trustedTypes", { createPolicy: (_: string, rules: object) => rules });
});
const { keyWorkerUrl, SERVICE_WORKER_URL, trustedScriptUrl } = await import("../../src/pwa/trusted-script.ts");
const { server } = await import("../../src/pwa/server.ts");

const ORIGIN = "http://localhost:8787";

describe("the policy of Trusted Types", () => {
  it("makes scripts of the two workers' addresses", () => {
    for (const url of [keyWorkerUrl, SERVICE_WORKER_URL]) expect(trustedScriptUrl(url)).toBe(url);
    expect(keyWorkerUrl).toContain("key-worker");
  });

  it.each(["", "/", "/demo/waiting.js", "//evil.example/service-worker.js", `${SERVICE_WORKER_URL}?x`, "data:text/javascript,1"])(
    "makes none of %s",
    (url) => expect(() => trustedScriptUrl(url)).toThrow("not a script of this app"),
  );
});

it("a message to the server takes no cookies along, follows no redirect, and lies in no cache", async () => {
  const send = vi.fn<typeof fetch>(async () => new Response());
  vi.stubGlobal("fetch", send);
  await server.fetch(`${server.url}/device/messages`, { method: "POST", credentials: "include", redirect: "follow" });
  expect(send).toHaveBeenCalledExactlyOnceWith(`${ORIGIN}/device/messages`, {
    method: "POST",
    credentials: "omit",
    cache: "no-store",
    redirect: "error",
  });
});
