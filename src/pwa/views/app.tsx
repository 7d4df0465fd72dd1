// The whole page as a function of the state. It draws, names the page, and puts the focus where a person goes on reading.
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Actions } from "../model/person-actions.ts";
import type { AppState, Screen } from "../model/state.ts";
import { SignApplication } from "./application.tsx";
import { Awaiting, CertificateChoice } from "./certificate-choice.tsx";
import { ChoosePin } from "./choose-pin.tsx";
import { Closed, DeleteAccount } from "./ending.tsx";
import { Challenge, EnterPin } from "./enter-pin.tsx";
import { Home } from "./home.tsx";
import { Identity } from "./identity.tsx";
import { LinkAccounts, LinkOpening, NoAccount } from "./link.tsx";
import { Dead, Locked } from "./locked.tsx";
import { MakingKeys } from "./making-keys.tsx";
import { Outcome } from "./outcome.tsx";
import { Scan } from "./scan.tsx";
import { Transaction } from "./transaction.tsx";
import { Starting, Welcome } from "./welcome.tsx";
import "../style/app.css";

interface AppContent {
  readonly state: AppState;
  readonly actions: Actions;
}

export function App({ state, actions }: AppContent) {
  const place = placeOf(state);
  const sheet = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const heading = sheet.current?.querySelector("h1");
    document.title = state.screen.name === "starting" ? "Tally" : `${heading?.textContent ?? ""} · Tally`;
    scrollTo(0, 0);
    heading?.focus({ preventScroll: true });
  }, [place]);
  return (
    <div class="sheet" key={place} ref={sheet}>
      <CurrentScreen state={state} actions={actions} />
    </div>
  );
}

/** The same while a screen only changes within: then the focus stays, and so does what was typed into its fields. */
function placeOf({ screen, selected }: AppState): string {
  switch (screen.name) {
    case "choose-pin":
      return `${screen.name} ${screen.purpose} ${screen.stage}`;
    case "home":
      return `${screen.name} ${selected ?? ""}`;
    case "transaction":
    case "pin":
    case "certificate-choice":
      return `${screen.name} ${screen.claimed.transactionId}`;
    case "locked":
    case "dead":
      return `${screen.name} ${screen.purpose}`;
    case "outcome":
      return `${screen.name} ${screen.outcome}`;
    case "link-accounts":
      return `${screen.name} ${screen.tried.join(" ")}`;
    default:
      return screen.name;
  }
}

function CurrentScreen({ state, actions }: AppContent) {
  const screen: Screen = state.screen;
  switch (screen.name) {
    case "starting":
      return <Starting {...screen} />;
    case "welcome":
      return <Welcome screen={screen} state={state} actions={actions} />;
    case "identity":
      return <Identity screen={screen} actions={actions} />;
    case "choose-pin":
      return <ChoosePin screen={screen} actions={actions} />;
    case "making-keys":
      return <MakingKeys screen={screen} actions={actions} />;
    case "application":
      return <SignApplication screen={screen} state={state} actions={actions} />;
    case "home":
      return <Home screen={screen} state={state} actions={actions} />;
    case "transaction":
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
    case "scan":
      return <Scan screen={screen} actions={actions} />;
    case "locked":
      return <Locked screen={screen} state={state} actions={actions} />;
    case "dead":
      return <Dead screen={screen} actions={actions} />;
    case "outcome":
      return <Outcome screen={screen} actions={actions} />;
    case "challenge":
      return <Challenge screen={screen} actions={actions} />;
    case "delete-account":
      return <DeleteAccount screen={screen} state={state} actions={actions} />;
    case "closed":
      return <Closed screen={screen} state={state} actions={actions} />;
  }
}
