// What the server says of itself, as a test wants it: whatever else is fetched does not arrive.
import { vi } from "vitest";

/** Undefined: it cannot be reached. Else JSON of any shape. */
export const deployment: { about: unknown; asked: number } = { about: undefined, asked: 0 };

export const SELF_ASSERTED = { methods: [{ name: "self-asserted", levels: ["ADVANCED", "QUALIFIED"] }], operator: {} };

vi.stubGlobal("fetch", async (input: string) => {
  if (!input.endsWith("/registration/about") || deployment.about === undefined) throw new TypeError("no network");
  deployment.asked++;
  return Response.json(deployment.about);
});
