// What axe finds on a screen as it is drawn now. Most pictures differ in their words alone: each thing that a screen can be built of is
// looked at once.
import axe from "axe-core";
import type { Depth, Faults } from "./gallery.ts";

const OF_COLOURS = ["color-contrast", "link-in-text-block", "scrollable-region-focusable"];
/** Attributes whose values axe takes for words. */
const WORDS = ["aria-label", "aria-describedby", "id", "for", "value", "lang", "d", "translate"];

export class Barriers {
  readonly #options: axe.RunOptions;
  readonly #seen = new Set<string>();

  constructor(depth: Depth) {
    this.#options = { resultTypes: ["violations"], ...(depth === "colours" && { runOnly: OF_COLOURS }) };
  }

  async in(place: Element): Promise<Faults> {
    const build = buildOf(place);
    if (this.#seen.has(build)) return [];
    this.#seen.add(build);
    const { violations } = await axe.run(document, this.#options);
    return violations.flatMap(({ id, help, nodes }) =>
      nodes.map(({ html, failureSummary = "" }) => `${id} (${help}): ${html} ${failureSummary}`),
    );
  }
}

/** Elements and their attributes, and which of them have words. */
function buildOf(element: Element): string {
  const attributes = [...element.attributes].map(({ name, value }) => (WORDS.includes(name) ? name : `${name}=${value}`));
  const hasWords = [...element.childNodes].some((node) => node instanceof Text && node.data.trim() !== "");
  return `<${element.localName} ${attributes.join(" ")}${hasWords ? " words" : ""}>${[...element.children].map(buildOf).join("")}</>`;
}
