// The script of the waiting page: asks the bank until there is an answer and goes on by itself, counts the time down, and starts
// asking anew when the device wakes up. The page works without it.
import { moveCode } from "./moving-code.ts";
import { CONFIRMED_NOTE } from "./notes.ts";
import { goesOn, type Progress, remainingText } from "./remaining.ts";
import "./style/bank.css";

const RETRY_MILLISECONDS = 2_000;
/** The bank answers within half a minute; what takes longer has lost its connection. */
const ANSWER_WITHIN_MILLISECONDS = 40_000;

const NOTES: Readonly<Record<Exclude<Progress, "woken">, string>> = {
  over: "",
  running: "",
  confirmed: CONFIRMED_NOTE,
  trouble: "The bank gets no answer just now. It keeps trying.",
};

const waiting = document.querySelector<HTMLElement>("[data-waiting]");
if (waiting?.dataset["status"] === undefined) {
  // Nothing to wait for: this page is there only to be a page of this site.
  waiting?.querySelector<HTMLFormElement>("form[data-continue]")?.submit();
} else {
  const over = new AbortController();
  const place = waiting.querySelector<HTMLElement>("[data-frame]");
  if (place !== null) void moveCode(place, over.signal);
  void goOn(waiting, over, countDown(waiting));
}

/** When it ends, by the wall clock. */
function countDown(page: HTMLElement): number {
  // Of the wall clock: other clocks stand still while a phone sleeps.
  const end = Date.now() + Number(page.dataset["remaining"]);
  const clock = page.querySelector("[data-clock]");
  const bar = page.querySelector("progress");
  const show = () => {
    const seconds = Math.max(0, Math.ceil((end - Date.now()) / 1000));
    if (clock !== null) clock.textContent = remainingText(seconds);
    if (bar !== null) bar.value = seconds;
  };
  show();
  setInterval(show, 1_000);
  return end;
}

/** `answered`: aborted as soon as a code on the page is of no use to anybody. `end`: of the time that the person has. */
async function goOn(page: HTMLElement, answered: AbortController, end: number): Promise<void> {
  const form = page.querySelector<HTMLFormElement>("form[data-continue]");
  const note = page.querySelector("[data-note]");
  for (;;) {
    const woken = untilWoken();
    const progress = await ask(page.dataset["status"] ?? "", woken.signal);
    if (progress === "over" || progress === "confirmed") answered.abort();
    if (goesOn(progress, end, Date.now())) return form?.submit();
    if (note !== null && progress !== "woken") note.textContent = NOTES[progress];
    // Where somebody confirmed by the link there is no waiting at the bank: it has its answer.
    if (progress === "trouble" || progress === "confirmed") await Promise.race([pause(RETRY_MILLISECONDS), woken.promise]);
    woken.forget();
  }
}

async function ask(address: string, woken: AbortSignal): Promise<Progress> {
  try {
    const signal = AbortSignal.any([woken, AbortSignal.timeout(ANSWER_WITHIN_MILLISECONDS)]);
    const response = await fetch(address, { signal, cache: "no-store" });
    const { progress } = (await response.json()) as { readonly progress?: unknown };
    return progress === "running" || progress === "confirmed" || progress === "over" ? progress : "trouble";
  } catch {
    return woken.aborted ? "woken" : "trouble";
  }
}

/** A connection that was open while the device slept may be dead without anybody knowing. */
function untilWoken(): { readonly signal: AbortSignal; readonly promise: Promise<void>; forget(): void } {
  const controller = new AbortController();
  const { promise, resolve } = Promise.withResolvers<void>();
  const wake = () => {
    if (document.visibilityState !== "visible") return;
    controller.abort();
    resolve();
  };
  document.addEventListener("visibilitychange", wake);
  globalThis.addEventListener("online", wake);
  const forget = () => {
    document.removeEventListener("visibilitychange", wake);
    globalThis.removeEventListener("online", wake);
  };
  return { signal: controller.signal, promise, forget };
}

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));
