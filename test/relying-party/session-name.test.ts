import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { sessionName, signatureVerificationCode } from "../../src/relying-party/session-name.ts";

test("a session's name is 43 characters of base62, the same for the same sessionID and for no other", async () => {
  const ids = Array.from({ length: 20 }, () => crypto.randomUUID());
  const names = await Promise.all(ids.map((id) => sessionName(env, id)));
  for (const name of names) expect(name).toMatch(/^[0-9A-Za-z]{43}$/);
  expect(new Set(names).size).toBe(20);
  expect(await sessionName(env, ids[0]?.toUpperCase() ?? "")).toBe(names[0]);
});

test("another key gives other names and other codes", async () => {
  const other = { ...env, SESSION_NAME_KEY: { get: async () => btoa("0123456789abcdef0123456789abcdef") } };
  const id = "4d5a0c0e-5f0e-4c39-9b61-2b6f6a3c2d11";
  expect(await sessionName(other, id)).not.toBe(await sessionName(env, id));
  // HMAC-SHA-256 of the sessionID, computed independently, in base62.
  expect(await sessionName(other, id)).toBe("nux4YR5lMR11LHzTAn89TbX8IVPCJu10TsRvP89fHlL");
});

test("a verification code belongs to its session, and the codes are spread over all numbers", async () => {
  const codes = await Promise.all(Array.from({ length: 200 }, () => signatureVerificationCode(env, crypto.randomUUID())));
  for (const code of codes) expect(code).toMatch(/^\d{4}$/);
  expect(new Set(codes).size).toBeGreaterThan(180);
  const id = crypto.randomUUID();
  expect(await signatureVerificationCode(env, id)).toBe(await signatureVerificationCode(env, id));
});
