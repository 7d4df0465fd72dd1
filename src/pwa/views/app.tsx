// The whole page as a function of the state. It draws, names the page and its language, and puts the focus where a person goes on reading.
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Language } from "../language/languages.ts";
import { choosable } from "../model/device-choice.ts";
import type { Actions } from "../model/person-actions.ts";
import type { AppState, Screen } from "../model/state.ts";
import { SignApplication } from "./application.tsx";
import { Awaiting, CertificateChoice } from "./certificate-choice.tsx";
import { ChoosePin } from "./choose-pin.tsx";
import { Challenge, EnterPin } from "./enter-pin.tsx";
import { Home } from "./home.tsx";
import { Identity } from "./identity.tsx";
import { IdentityMethods } from "./identity-methods.tsx";
import { LinkAccounts, LinkOpening, NoAccount } from "./link.tsx";
import { Dead, Locked } from "./locked.tsx";
import { MakingKeys } from "./making-keys.tsx";
import { Outcome } from "./outcome.tsx";
import { isSeldom, loadSeldom, Seldom, seldomIsThere } from "./seldom.tsx";
import { useSteadyPresses } from "./steady-presses.ts";
import { Transaction } from "./transaction.tsx";
import { TypedCode } from "./typed-code.tsx";
import { UseDevice } from "./use-device.tsx";
import { Starting, Welcome } from "./welcome.tsx";
import "../style/app.css";

interface ScreenContent {
  readonly state: AppState;
  readonly actions: Actions;
}

/** `spoken`: there is nothing to draw before there are words. */
interface AppContent extends ScreenContent {
  readonly spoken: Language;
}

export function App({ spoken, state, actions }: AppContent) {
  const place = placeOf(state);
  const sheet = useRef<HTMLDivElement>(null);
  const focused = useRef<Node>(null);
  /** How far down each screen was scrolled when it was last left. */
  const seen = useRef(new Map<string, number>());
  const isHome = state.screen.name === "home";
  useSteadyPresses(state.screen.name, `${place} ${choices(state)}`);
  useEffect(() => {
    if (isHome) void loadSeldom();
  }, [isHome]);
  useEffect(() => {
    document.addEventListener("keydown", onEscape);
    return () => document.removeEventListener("keydown", onEscape);
  }, []);
  useLayoutEffect(() => {
    document.documentElement.lang = spoken;
    const heading = sheet.current?.querySelector("h1")?.textContent ?? "";
    document.title = UNTITLED.includes(state.screen.name) ? "Tally" : `${heading} · Tally`;
  }, [place, spoken]);
  useLayoutEffect(() => {
    // Where the focus comes back to something, so does what was seen around it.
    scrollTo(0, markedIn(sheet.current) === undefined ? 0 : (seen.current.get(place) ?? 0));
    takeFocus(sheet.current);
    // Noted as it happens: when the screen is left, the page may already be shorter.
    const note = (): void => void seen.current.set(place, scrollY);
    addEventListener("scroll", note);
    return () => removeEventListener("scroll", note);
  }, [place]);
  useLayoutEffect(() => {
    // What had the focus is gone: a row that was closed, a button that did its work.
    if (focused.current?.isConnected === false && document.activeElement === document.body) takeFocus(sheet.current);
  });
  return (
    <div class="sheet" key={place} ref={sheet} onFocusIn={({ target }) => (focused.current = target as Node)}>
      <CurrentScreen state={state} actions={actions} />
    </div>
  );
}

/** Their headings name a person or a site: nothing for lists of windows, and for the browser's history and whatever it is copied to. */
const UNTITLED: readonly Screen["name"][] = [
  "starting",
  "home",
  "use-device",
  "transaction",
  "certificate-choice",
  "awaiting",
  "account-details",
  "history-entry",
  "disown",
];

/** The heading, so that a new screen is read out from its beginning; or what the person went on to, or comes back to, on this very screen. */
function takeFocus(sheet: HTMLElement | null): void {
  const marked = markedIn(sheet);
  if (marked === undefined) sheet?.querySelector("h1")?.focus({ preventScroll: true });
  else marked.focus();
}

const markedIn = (sheet: HTMLElement | null) => sheet?.querySelector<HTMLElement>("[data-takes-focus]") ?? undefined;

/** Does what the arrow does, as it closes a dialog; in a field it is the field's. */
function onEscape({
  key,
  target,
  repeat,
  defaultPrevented,
  isComposing,
  ctrlKey,
  altKey,
  metaKey,
  shiftKey,
}: KeyboardEvent): void {
  if (key !== "Escape" || repeat || defaultPrevented || isComposing || ctrlKey || altKey || metaKey || shiftKey) return;
  if (target instanceof HTMLInputElement || target instanceof HTMLSelectElement) return;
  document.querySelector<HTMLElement>("[data-escape]")?.click();
}

/** The same while a screen only changes within: then the focus stays, and so does what was typed into its fields. */
function placeOf({ screen, selected }: AppState): string {
  if (isSeldom(screen.name) && !seldomIsThere()) return "loading";
  switch (screen.name) {
    case "choose-pin":
      return `${screen.name} ${screen.purpose} ${screen.stage}`;
    case "home":
      return `${screen.name} ${selected ?? ""}`;
    case "transaction":
    case "pin":
    case "certificate-choice":
      return `${screen.name} ${screen.claimed.transactionId}`;
    case "use-device":
      return `${screen.name} ${screen.request.transactionId}`;
    case "change-pin":
      return `${screen.name} ${screen.stage}`;
    case "add-keys":
      return `${screen.name} ${screen.purpose}`;
    case "pin-changed":
      return `${screen.name} ${screen.end}`;
    case "locked":
    case "dead":
      return `${screen.name} ${screen.purpose}`;
    case "outcome":
      return `${screen.name} ${screen.outcome}`;
    case "identity-methods":
      return `${screen.name} ${screen.methods?.join(" ") ?? "asked"} ${screen.problem?.kind ?? ""}`;
    case "passkey":
      return `${screen.name} ${screen.step} ${screen.made?.print === undefined ? "" : "proven"}`;
    case "history-entry":
      return `${screen.name} ${screen.entry.id}`;
    case "disown":
      return `${screen.name} ${screen.step}`;
    case "link-accounts":
      return `${screen.name} ${screen.tried.join(" ")}`;
    default:
      return screen.name;
  }
}

/** The accounts of this browser that can be chosen among: they hear of a request one after the other. */
const choices = (state: AppState): string =>
  state.screen.name !== "use-device"
    ? ""
    : choosable(state, state.screen.request.transactionId)
        .map(({ id }) => id)
        .join(" ");

function CurrentScreen({ state, actions }: ScreenContent) {
  const screen: Screen = state.screen;
  switch (screen.name) {
    case "starting":
      return <Starting screen={screen} actions={actions} />;
    case "welcome":
      return <Welcome screen={screen} state={state} actions={actions} />;
    case "identity-methods":
      return <IdentityMethods screen={screen} state={state} actions={actions} />;
    case "identity":
      return <Identity screen={screen} state={state} actions={actions} />;
    case "choose-pin":
      return <ChoosePin screen={screen} actions={actions} />;
    case "making-keys":
      return <MakingKeys screen={screen} actions={actions} />;
    case "application":
      return <SignApplication screen={screen} state={state} actions={actions} />;
    case "home":
      return <Home screen={screen} state={state} actions={actions} />;
    case "use-device":
      return <UseDevice screen={screen} state={state} actions={actions} />;
    case "transaction":
      if (screen.typing !== undefined)
        return <TypedCode typing={screen.typing} screen={screen} state={state} actions={actions} />;
      return <Transaction screen={screen} state={state} actions={actions} />;
    case "pin":
      return <EnterPin screen={screen} state={state} actions={actions} />;
    case "certificate-choice":
      return <CertificateChoice screen={screen} state={state} actions={actions} />;
    case "awaiting":
      return <Awaiting screen={screen} state={state} actions={actions} />;
    case "link-opening":
      return <LinkOpening screen={screen} actions={actions} />;
    case "link-accounts":
      return <LinkAccounts screen={screen} state={state} actions={actions} />;
    case "no-account":
      return <NoAccount screen={screen} actions={actions} />;
    case "locked":
      return <Locked screen={screen} state={state} actions={actions} />;
    case "dead":
      return <Dead screen={screen} state={state} actions={actions} />;
    case "outcome":
      return <Outcome screen={screen} state={state} actions={actions} />;
    case "challenge":
      return <Challenge screen={screen} state={state} actions={actions} />;
    default:
      return <Seldom screen={screen} state={state} actions={actions} />;
  }
}
