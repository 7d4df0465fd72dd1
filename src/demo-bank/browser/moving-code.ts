// The QR code of a login: a new one every second, drawn by the bank. Where they stop coming (no server, no network, a tab that slept)
// the last one is covered until the next. Puts numbers and a path into the page, never markup.
import { LOOK_EVERY, madeAt, mayStay, untilNext } from "./frame-age.ts";

const ANSWER_WITHIN_MILLISECONDS = 2_000;
const PAUSED = "Code paused – reconnecting";
const OVER = "This code is over";

interface Frame {
  /** Modules of a side, with the quiet zone. */
  readonly size: number;
  /** Of an SVG path; a module is one unit. */
  readonly path: string;
  /** Milliseconds of the code's second that were over when it was drawn. */
  readonly age: number;
}

/** Until `over` is aborted, or the bank has no more codes for this login; covered from then on. */
export async function moveCode(place: HTMLElement, over: AbortSignal): Promise<void> {
  let made = Date.now();
  const look = (): void => {
    if (document.visibilityState === "hidden" || !mayStay(made, Date.now())) cover(place, PAUSED);
  };
  const looking = setInterval(look, LOOK_EVERY);
  // What is on the screen when somebody comes back is painted before any timer runs.
  document.addEventListener("visibilitychange", look);
  while (!over.aborted) {
    const asked = Date.now();
    const frame = document.visibilityState === "hidden" ? undefined : await nextFrame(place.dataset["frame"] ?? "", over);
    if (frame === "over") break;
    if (frame !== undefined) {
      made = madeAt(asked, frame.age);
      draw(place, frame);
      look();
    }
    await pause(untilNext(frame === undefined ? asked : made, Date.now()), over);
  }
  clearInterval(looking);
  document.removeEventListener("visibilitychange", look);
  cover(place, OVER);
}

/** At once when it is over. */
const pause = (milliseconds: number, over: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (over.aborted) return resolve();
    over.addEventListener("abort", () => resolve(), { once: true });
    setTimeout(resolve, milliseconds);
  });

/** Undefined where none came in time. */
async function nextFrame(address: string, over: AbortSignal): Promise<Frame | "over" | undefined> {
  try {
    const signal = AbortSignal.any([over, AbortSignal.timeout(ANSWER_WITHIN_MILLISECONDS)]);
    const response = await fetch(address, { signal, cache: "no-store" });
    if (response.status === 403 || response.status === 410) return "over";
    return response.ok ? ((await response.json()) as Frame) : undefined;
  } catch {
    return undefined;
  }
}

function draw(place: HTMLElement, { size, path }: Frame): void {
  place.querySelector("svg")?.setAttribute("viewBox", `0 0 ${size} ${size}`);
  place.querySelector("path")?.setAttribute("d", path);
  delete place.dataset["covered"];
}

function cover(place: HTMLElement, text: string): void {
  place.dataset["covered"] = "";
  // Not only out of sight: nothing is left to be found in the page either.
  place.querySelector("path")?.setAttribute("d", "");
  const note = place.querySelector("[data-cover]");
  if (note !== null && note.textContent !== text) note.textContent = text;
}
