import { it } from "vitest";
import { identity } from "./support/identity.ts";
import { KeyboardPerson } from "./support/keyboard.ts";
import { stage } from "./support/stage.ts";
const here = stage();
it("looks", async () => {
  const page = await (await here.context()).newPage();
  const mari = new KeyboardPerson(page, here.url, identity(0));
  const covered: string[] = [];
  const walk = async (screen: string) => {
    for (const way of ["Tab", "Shift+Tab"]) {
      for (let i = 0; i < 25; i++) {
        await page.keyboard.press(way);
        const found = await page.evaluate(() => {
          const one = document.activeElement as HTMLElement;
          if (one === document.body) return undefined;
          const b = one.getBoundingClientRect();
          const points = [[b.left + b.width / 2, b.top + 3], [b.left + b.width / 2, b.top + b.height / 2], [b.left + b.width / 2, b.bottom - 3]] as const;
          const seen = points.map(([x, y]) => {
            const at = document.elementFromPoint(x, y);
            return at !== null && (one.contains(at) || at.contains(one));
          });
          return seen.every(Boolean) ? undefined : `${(one.ariaLabel ?? one.textContent ?? one.id) || one.id}: ${seen.join()} ${innerHeight} ${b.top}-${b.bottom}`;
        });
        if (found !== undefined) covered.push(`${screen} ${way}: ${found}`);
      }
    }
  };
  await mari.open();
  await mari.sees("Two PINs instead of passwords");
  await page.setViewportSize({ width: 390, height: 600 });
  await walk("welcome");
  await mari.answers("welcome");
  await mari.sees("Who are you?");
  await walk("identity");
  await mari.comesTo(mari.field("Date of birth"));
  for (let i = 0; i < 4; i++) {
    await page.screenshot({ path: `/tmp/date-${i}.png` });
    await page.keyboard.press("Tab");
  }
  await mari.saysWhoTheyAre();
  await mari.enrol(async (screen) => { if (screen !== "Making your keys" && screen !== "Who are you?") await walk(screen); });
  await mari.presses("Settings");
  await mari.sees("Settings");
  await walk("Settings");
  await page.screenshot({ path: "/tmp/settings-kb.png" });
  console.log("COVERED\n" + [...new Set(covered)].join("\n"));
});
