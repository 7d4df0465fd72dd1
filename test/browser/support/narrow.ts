// The page in the narrowest window that must do (320 px, WCAG 1.4.10), and low: nothing goes beyond its sides, and no key of a pad lies
// under something else.
import type { Page } from "playwright-core";

const NARROW = { width: 320, height: 640 };

/** One line for each finding; none is wanted. The window is as before afterwards. */
export async function narrowFindings(page: Page): Promise<readonly string[]> {
  const before = page.viewportSize();
  await page.setViewportSize(NARROW);
  const found = await page.evaluate(narrowFaults);
  if (before !== null) await page.setViewportSize(before);
  return found;
}

/** The same inside of a page, in whichever window it is. */
export function narrowFaults(): readonly string[] {
  const { scrollWidth } = document.documentElement;
  const wide = scrollWidth > innerWidth ? [`${scrollWidth} px wide`] : [];
  const covered = [...document.querySelectorAll(".key")].filter((key) => {
    const { left, bottom } = key.getBoundingClientRect();
    const seen = document.elementFromPoint(left + 20, bottom - 5);
    return seen !== null && !key.contains(seen);
  });
  return [...wide, ...covered.map((key) => `a key is covered: ${key.outerHTML}`)];
}
