// What does not fit on a screen as it is drawn now: nothing is wider than the window, no line sticks out of a box around it, no key is
// covered, and no word is broken inside.
import { narrowFaults } from "../support/narrow.ts";
import type { Faults } from "./gallery.ts";

/** Heard or chosen from, not seen as it stands; or scrolled in a box of its own. */
const UNSEEN = ".heard, svg, select, .licences";
/** Letters and digits; and an option of a command with its hyphens. */
const WORDS = /(?:(?<!\S)-+)?[\p{L}\p{M}\p{N}]+/gu;
const LETTERS = /^[\p{L}\p{M}]+$/u;
/** Of a pixel that rounding adds. */
const TOLERANCE = 1;

/** What can be opened is opened. */
export function misfits(place: Element): Faults {
  for (const details of place.querySelectorAll("details")) details.open = true;
  const texts = seenTexts(place);
  return [...narrowFaults(), ...outsiders(place, texts), ...texts.flatMap(brokenWords)];
}

function seenTexts(place: Element): Text[] {
  const walker = document.createTreeWalker(place, NodeFilter.SHOW_TEXT);
  const texts: Text[] = [];
  while (walker.nextNode()) {
    const text = walker.currentNode as Text;
    if (text.data.trim() !== "" && text.parentElement?.closest(UNSEEN) === null) texts.push(text);
  }
  return texts;
}

type Box = Pick<DOMRect, "left" | "right" | "top" | "bottom">;

function outsiders(place: Element, texts: readonly Text[]): string[] {
  const known = new Map<Element, Box>();
  /** What all boxes around it leave. */
  const within = (element: Element): Box => {
    const found = known.get(element) ?? leftBy(element, element === place ? EVERYWHERE : within(element.parentElement ?? place));
    known.set(element, found);
    return found;
  };
  const lines = texts.filter((text) => {
    const around = within(text.parentElement ?? place);
    // Letters are higher than a narrow line.
    return linesOf(text).some((line) => isOutside(line, around, (line.bottom - line.top) / 4));
  });
  const controls = [...place.querySelectorAll("button, input, select, progress, .icon, .mark")].filter((control) =>
    isOutside(control.getBoundingClientRect(), within(control.parentElement ?? place), TOLERANCE),
  );
  return [
    ...lines.map((text) => `"${text.data}" sticks out of ${nameOf(text.parentElement)} or what is around it`),
    ...controls.map((control) => `${nameOf(control)} sticks out of ${nameOf(control.parentElement)} or what is around it`),
  ];
}

const EVERYWHERE: Box = { left: -Infinity, right: Infinity, top: -Infinity, bottom: Infinity };

/** `above`: how far it may be, over and under. What is not shown has no width. */
function isOutside({ left, right, top, bottom }: Box, around: Box, above: number): boolean {
  if (left >= right) return false;
  const isBeside = left < around.left - TOLERANCE || right > around.right + TOLERANCE;
  return isBeside || top < around.top - above || bottom > around.bottom + above;
}

/** The parts of a line are no boxes, and what is cut off after some lines is cut off on purpose. */
function leftBy(element: Element, around: Box): Box {
  const { display, webkitLineClamp } = getComputedStyle(element);
  if (display === "inline" || display === "contents") return around;
  const { left, right, top, bottom } = element.getBoundingClientRect();
  const sides = { left: Math.max(left, around.left), right: Math.min(right, around.right) };
  if (webkitLineClamp !== "none") return { ...EVERYWHERE, ...sides };
  return { ...sides, top: Math.max(top, around.top), bottom: Math.min(bottom, around.bottom) };
}

/** The space after a line's last letter is seen by nobody. */
function linesOf(text: Text): Box[] {
  const range = document.createRange();
  range.selectNodeContents(text);
  const spacing = Math.max(0, Number.parseFloat(getComputedStyle(text.parentElement ?? document.body).letterSpacing) || 0);
  return [...range.getClientRects()].map(({ left, right, top, bottom }) => ({ left, right: right - spacing, top, bottom }));
}

/** Where the stylesheet has words hyphenated, how that is done is up to the browser. Numbers never are. An address has no words. */
function brokenWords(text: Text): string[] {
  const range = document.createRange();
  range.selectNodeContents(text);
  if (heightsOf(range) === 1 || text.parentElement?.closest("a") !== null) return [];
  const isHyphenated = getComputedStyle(text.parentElement ?? document.body).hyphens === "auto";
  return [...text.data.matchAll(WORDS)]
    .filter(({ 0: word, index }) => {
      if (isHyphenated && LETTERS.test(word)) return false;
      range.setStart(text, index);
      range.setEnd(text, index + word.length);
      return heightsOf(range) > 1;
    })
    .map(([word]) => `"${word}" is broken inside of ${nameOf(text.parentElement)}`);
}

const heightsOf = (range: Range): number => new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size;

const nameOf = (element: Element | null): string => `${element?.localName}.${element?.getAttribute("class") ?? ""}`;
