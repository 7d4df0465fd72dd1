// axe-core on the page as it is, in light and dark. It runs in a world of its own inside the page, so that the page's content
// security policy stays in force and its scripts see nothing of it.
import axe from "axe-core";
import type { CDPSession, Page } from "playwright-core";

interface Finding {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** One line for each finding; none is wanted. */
export async function accessibilityFindings(page: Page): Promise<readonly string[]> {
  const found: string[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    for (const { id, help, nodes } of await runAxe(page)) {
      found.push(...nodes.map((node) => `${colorScheme}: ${id} (${help}): ${node.html} ${node.failureSummary ?? ""}`));
    }
  }
  return found;
}

/** One for each page, as long as it lives: a session that ends takes the page's virtual authenticator with it (Chromium 153, which crashes). */
const sessions = new WeakMap<Page, Promise<CDPSession>>();

async function runAxe(page: Page): Promise<readonly Finding[]> {
  const opened = sessions.get(page) ?? page.context().newCDPSession(page);
  sessions.set(page, opened);
  const session = await opened;
  const { frameTree } = await session.send("Page.getFrameTree");
  const world = { frameId: frameTree.frame.id, worldName: "accessibility" };
  const { executionContextId: contextId } = await session.send("Page.createIsolatedWorld", world);
  const { result, exceptionDetails } = await session.send("Runtime.evaluate", {
    contextId,
    expression: `globalThis.axe ?? (() => { ${axe.source} })(); axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) =>
      violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map(({ html, failureSummary }) => ({ html, failureSummary })) })))`,
    awaitPromise: true,
    returnByValue: true,
  });
  if (exceptionDetails !== undefined) throw new Error(`axe: ${exceptionDetails.exception?.description ?? exceptionDetails.text}`);
  return result.value as readonly Finding[];
}
