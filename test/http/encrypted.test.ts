import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import guide from "../../docs/deploy.md?raw";
import worker from "../../src/index.ts";

const ask = async (address: string, LOCAL_MODE: string, method = "GET"): Promise<Response> =>
  worker.fetch(new Request(address, { method }), { ...env, LOCAL_MODE }, createExecutionContext());

it.each([
  ["POST", "/v3/authentication/device-link/anonymous"],
  ["GET", "/v3/session/7b2a4c1e-0000-4000-8000-000000000000"],
  ["POST", "/smart-id-rp/v3/signature/certificate/PNOEE-40504040001-DEM0-Q"],
  ["POST", "/device/messages"],
  ["POST", "/registration/self-asserted"],
  ["POST", "/operator/orders"],
  ["GET", "/docs"],
  ["GET", "/pkicrl"],
])("a deployment refuses by plain HTTP %s %s, and not by https", async (method, path) => {
  const plain = await ask(`http://pki.example.ee${path}`, "false", method);
  expect(plain.status).toBe(403);
  expect(await plain.json()).toMatchObject({ detail: "Use https." });
  const encrypted = await ask(`https://id.example.ee${path}`, "false", method);
  expect(await encrypted.text()).not.toContain("Use https.");
});

it("the status of certificates, and whether the service is there, may be asked for by plain HTTP", async () => {
  expect((await ask("http://pki.example.ee/pki/crl/none", "false")).status).toBe(404);
  expect((await ask("http://pki.example.ee/health", "false")).status).toBe(200);
});

it("what the deploy guide asks for by curl, by plain HTTP as well, is there", async () => {
  const addresses = [...guide.matchAll(/^curl --fail (?:\S+ \S+ )?(https?:\S+)$/gm)].map(([, address = ""]) => address);
  expect(addresses).toHaveLength(2);
  for (const address of addresses) expect((await ask(address, "false")).status, address).toBe(200);
});

it("a developer's machine needs no certificate", async () => {
  expect((await ask("http://localhost:8787/openapi.json", "true")).status).toBe(200);
});
