// A change of one account's PIN keeps another account's from nothing.
import { expect, it, vi } from "vitest";
import { isPinBeingChanged, whileChangingPin } from "../../src/pwa/storage/pin-change-lock.ts";

it("one change of an account's PIN goes on at a time, and another account's beside it", async () => {
  const held = new Set<string>();
  const request = async (name: string, _: unknown, work: (lock: object | null) => Promise<unknown>): Promise<unknown> => {
    if (held.has(name)) return work(null);
    held.add(name);
    return work({ name }).finally(() => held.delete(name));
  };
  vi.stubGlobal("navigator", { locks: { request, query: async () => ({ held: [...held].map((name) => ({ name })) }) } });
  const changed = Promise.withResolvers<string>();
  const first = whileChangingPin("a", () => changed.promise);
  expect(await whileChangingPin("a", async () => "second")).toBeUndefined();
  expect(await whileChangingPin("b", async () => "other")).toEqual({ value: "other" });
  expect([await isPinBeingChanged("a"), await isPinBeingChanged("b")]).toEqual([true, false]);
  changed.resolve("first");
  expect(await first).toEqual({ value: "first" });
  expect(await isPinBeingChanged("a")).toBe(false);
});
