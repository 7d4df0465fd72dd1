// The screens that most visits never open: the settings, what stands behind them, the history, scanning, an account's end. A script of their own, loaded by
// seldom.tsx. Nothing of a request is here, and nothing of the way to an account.
import type { Actions } from "../model/person-actions.ts";
import type { AppState, Screen } from "../model/state.ts";
import { About } from "./about.tsx";
import { AccountDetails } from "./account-details.tsx";
import { AddKeys, ChangePin, ChangingPin, PinChanged } from "./change-pin.tsx";
import { Closed, DeleteAccount } from "./ending.tsx";
import { Disown, HistoryEntryView } from "./history-entry.tsx";
import { History } from "./history.tsx";
import { Notifications } from "./notifications.tsx";
import { PasskeyLost, PasskeyOfAccount } from "./passkey.tsx";
import { Practice } from "./practice.tsx";
import { Scan } from "./scan.tsx";
import type { SeldomName } from "./seldom.tsx";
import { Settings } from "./settings.tsx";

export interface SeldomContent {
  readonly screen: Extract<Screen, { readonly name: SeldomName }>;
  readonly state: AppState;
  readonly actions: Actions;
}

export function SeldomScreen({ screen, state, actions }: SeldomContent) {
  switch (screen.name) {
    case "settings":
      return <Settings screen={screen} state={state} actions={actions} />;
    case "account-details":
      return <AccountDetails screen={screen} state={state} actions={actions} />;
    case "notifications":
      return <Notifications screen={screen} state={state} actions={actions} />;
    case "about":
      return <About screen={screen} operator={state.operator} actions={actions} />;
    case "change-pin":
      return <ChangePin screen={screen} state={state} actions={actions} />;
    case "add-keys":
      return <AddKeys screen={screen} state={state} actions={actions} />;
    case "changing-pin":
      return <ChangingPin screen={screen} actions={actions} />;
    case "pin-changed":
      return <PinChanged screen={screen} actions={actions} />;
    case "passkey":
      return <PasskeyOfAccount screen={screen} state={state} actions={actions} />;
    case "passkey-lost":
      return <PasskeyLost screen={screen} state={state} actions={actions} />;
    case "history":
      return <History screen={screen} state={state} actions={actions} />;
    case "history-entry":
      return <HistoryEntryView screen={screen} state={state} actions={actions} />;
    case "disown":
      return <Disown screen={screen} state={state} actions={actions} />;
    case "practice":
      return <Practice screen={screen} actions={actions} />;
    case "scan":
      return <Scan screen={screen} actions={actions} />;
    case "delete-account":
      return <DeleteAccount screen={screen} state={state} actions={actions} />;
    case "closed":
      return <Closed screen={screen} state={state} actions={actions} />;
  }
}
