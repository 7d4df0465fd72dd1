// What every screen must stand: axe in light and dark, and the narrowest window.
import type { Page } from "playwright-core";
import { expect } from "vitest";
import { accessibilityFindings } from "./accessibility.ts";
import { narrowFindings } from "./narrow.ts";

/** `name`: for messages. */
export async function looksRight({ page }: { readonly page: Page }, name: string): Promise<void> {
  expect(await accessibilityFindings(page), name).toEqual([]);
  expect(await narrowFindings(page), name).toEqual([]);
}
