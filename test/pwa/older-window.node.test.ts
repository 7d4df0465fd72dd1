// A window of an older version of the app keeps the browser's database open: this one waits for it, speaks meanwhile, and writes nothing of
// what it could not read.
import "./support/page.ts";
import { expect, it, vi } from "vitest";
import { messagesOf } from "../../scripts/client-build/catalogs.ts";
import { language } from "../../src/pwa/language/text.ts";
import { startLanguage } from "../../src/pwa/model/language.ts";
import { readAll, whenBlocked } from "../../src/pwa/storage/database.ts";
import { problemWords } from "../../src/pwa/views/notice.tsx";

it("an older window is said to be in the way, in the browser's language, and no choice is written over", async () => {
  const opening: EventTarget & { result?: unknown } = new EventTarget();
  const transaction = vi.fn<() => never>(() => {
    throw new DOMException("as far as this test goes", "AbortError");
  });
  vi.stubGlobal("indexedDB", { open: () => opening });
  vi.stubGlobal("navigator", { languages: ["en"] });
  vi.stubGlobal("fetch", async () => Response.json(messagesOf("src/pwa/language/catalogs/en.json")));
  const accounts = readAll("accounts");
  const started = startLanguage();
  opening.dispatchEvent(new Event("blocked"));
  await Promise.all([whenBlocked, started]);
  expect(language()).toBe("en");
  expect(problemWords({ kind: "close-others" })).toContain("Close all other windows");
  opening.result = Object.assign(new EventTarget(), { transaction });
  opening.dispatchEvent(new Event("success"));
  await expect(accounts).rejects.toThrow("as far as this test goes");
  await new Promise((resolve) => setTimeout(resolve));
  expect(transaction.mock.calls.map(([, mode]: readonly unknown[]) => mode)).not.toContain("readwrite");
});
