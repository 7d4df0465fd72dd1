// A person who has a keyboard and no mouse: Tab, Shift+Tab, Enter, Space, letters and digits. What they press they have come to by Tab, and
// have seen that it has the focus.
import type { Locator } from "playwright-core";
import { type By, type EnrolmentScreen, Person } from "./person.ts";

type Way = "Tab" | "Shift+Tab";

/** More than any screen has. */
const MOST_CONTROLS = 80;

export class KeyboardPerson extends Person {
  override async presses(name: string, key: "Enter" | "Space" = "Enter", way: Way = "Tab"): Promise<void> {
    await this.comesTo(this.button(name), way);
    // A request ignores every press right after its drawing, and after the focus has come back from the browser's own controls.
    await this.page.locator("html:not([data-unseen])").waitFor();
    await this.page.keyboard.press(key);
  }

  override async types(digits: string, by?: By): Promise<void> {
    if (by !== "pad") return super.types(digits, by);
    for (const digit of digits) await this.presses(digit, "Space");
  }

  override async answers(screen: EnrolmentScreen): Promise<void> {
    if (screen === "welcome") return this.presses("Make an account");
    if (screen !== "Choose PIN2" && screen !== "Repeat PIN2") return super.answers(screen);
    await this.types(this.identity.pins.sign);
    return this.presses("Continue");
  }

  override async saysWhoTheyAre(): Promise<void> {
    const { givenName, surname, personalCode } = this.identity;
    const filled = { "Given name": givenName, Surname: surname, Country: "Estonia", "Personal code": personalCode };
    for (const [name, typed] of Object.entries(filled)) {
      await this.comesTo(this.field(name));
      await this.page.keyboard.type(typed);
    }
    await this.page.keyboard.press("Enter");
  }

  /** Throws where Tab does not lead there, and where the focus cannot be seen on the way. */
  async comesTo(control: Locator, way: Way = "Tab"): Promise<void> {
    await control.waitFor();
    for (let presses = 0; presses < MOST_CONTROLS; presses++) {
      if (await control.evaluate((element) => element === document.activeElement)) return;
      await this.page.keyboard.press(way);
      const { fault } = await this.#focus();
      if (fault !== undefined) throw new Error(fault);
    }
    throw new Error(`${way} does not lead to ${control.toString()}`);
  }

  /** Resolves when the focus is there, as a new screen puts it for whoever does not see it. */
  async startsAt(name: string): Promise<void> {
    await this.page
      .locator(":focus")
      .and(this.heading(name).or(this.button(name)))
      .waitFor();
  }

  /** Through the whole screen and back, from its beginning; none is wanted. */
  async findingsOfTab(): Promise<readonly string[]> {
    for (;;) {
      const before = await this.#controls();
      const findings = [...before.findings, ...(await this.#walks("Tab")), ...(await this.#walks("Shift+Tab"))];
      // What waits, and what a home has to say, comes by itself: then the walk was one through two screens.
      if ((await this.#controls()).names.join("\n") === before.names.join("\n")) return findings;
    }
  }

  /** Until it comes by the first control again, which it does behind the last one. */
  async #walks(way: Way): Promise<readonly string[]> {
    const findings: string[] = [];
    const seen: number[] = [];
    const { names } = await this.#controls();
    for (let presses = 0; presses < MOST_CONTROLS; presses++) {
      await this.page.keyboard.press(way);
      const { index, fault } = await this.#focus();
      if (fault !== undefined) findings.push(fault);
      // Between the last and the first one a browser has its own controls; a date is one control with several places.
      if (index === -1 || index === seen.at(-1)) continue;
      if (index === seen[0]) break;
      seen.push(index);
    }
    const step = way === "Tab" ? 1 : names.length - 1;
    const wanted = names.map((_, place) => ((seen[0] ?? 0) + place * step) % names.length);
    if (seen.join() !== wanted.join()) findings.push(`${way} goes ${seen.map((index) => names[index]).join(", ")}`);
    return findings;
  }

  /** In the order of the document; found where one of them is not read after the one before it, and where it jumps the queue. */
  #controls(): Promise<{ readonly names: readonly string[]; readonly findings: readonly string[] }> {
    return this.page.evaluate((selector) => {
      const controls = [...document.querySelectorAll<HTMLElement>(selector)].filter((one) => one.checkVisibility());
      const nameOf = (one: HTMLElement): string => one.ariaLabel ?? (one.textContent || one.id);
      const isBefore = (one: DOMRect, other: DOMRect): boolean =>
        one.bottom <= other.top + 1 || (one.top < other.bottom && one.right <= other.left + 1);
      // What sticks to the window's edge is read last, wherever the window is scrolled to.
      const sticks = (one: Element | null): boolean =>
        one !== null && (getComputedStyle(one).position === "sticky" || sticks(one.parentElement));
      const still = controls.filter((one) => !sticks(one));
      const boxes = still.map((one) => one.getBoundingClientRect());
      const early = still.filter((_, index) => index > 0 && isBefore(boxes[index]!, boxes[index - 1]!));
      return {
        names: controls.map(nameOf),
        findings: [
          ...early.map((one) => `${nameOf(one)} stands before the one before it`),
          ...controls.filter(({ tabIndex }) => tabIndex > 0).map((one) => `${nameOf(one)} jumps the queue`),
        ],
      };
    }, CONTROLS);
  }

  /** Which control has the focus, -1 for none, and what is wrong with how it is shown: without a ring, or behind what sticks. */
  #focus(): Promise<{ readonly index: number; readonly fault?: string }> {
    return this.page.evaluate((selector) => {
      const focused = document.activeElement;
      if (!(focused instanceof HTMLElement) || focused === document.body) return { index: -1 };
      const controls = [...document.querySelectorAll<HTMLElement>(selector)].filter((one) => one.checkVisibility());
      const index = controls.indexOf(focused);
      // The button for the calendar, which is the browser's, inside the field.
      if (focused.matches("[type=date]:not(:focus-visible)")) return { index };
      // The ring of a radio button is around its words, too.
      const isSeen = [focused, ...(focused.matches("[type=radio]") ? [focused.parentElement!] : [])].some((one) => {
        const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(one);
        return outlineStyle !== "none" && Number.parseFloat(outlineWidth) >= 2 && !/^rgba.*, 0\)$/.test(outlineColor);
      });
      // Meanwhile a request lets pointers through.
      const isUnseen = document.documentElement.hasAttribute("data-unseen");
      const { left, top, width, height } = focused.getBoundingClientRect();
      const atCentre = document.elementFromPoint(left + width / 2, top + height / 2);
      const isCovered = !isUnseen && !focused.contains(atCentre) && atCentre?.closest("label")?.control !== focused;
      if (index !== -1 && focused.matches(":focus-visible") && isSeen && !isCovered) return { index };
      return { index, fault: `nobody sees that this has the focus: ${focused.outerHTML.slice(0, 200)}` };
    }, CONTROLS);
  }
}

/** Of radio buttons the chosen one: the arrows lead to the others. */
const CONTROLS =
  "a[href], button:enabled, summary, input:enabled:not([type=radio]:not(:checked)), select:enabled, [tabindex]:not([tabindex='-1'])";
