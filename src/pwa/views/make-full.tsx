// The way from a basic account to a full one: where the account is looked at, and where a request may have needed a full one.
import { text } from "../language/text.ts";
import type { Actions } from "../model/person-actions.ts";
import type { AccountView, AppState } from "../model/state.ts";
import { mayBecomeFull } from "../model/upgrade.ts";
import { Icon } from "./icons.tsx";

interface MakeFullContent {
  readonly account: AccountView | undefined;
  readonly state: AppState;
  readonly actions: Pick<Actions, "renew">;
}

export const MakeFull = ({ account, state, actions }: MakeFullContent) =>
  account === undefined || !mayBecomeFull(state, account) ? null : (
    <button type="button" class="row" onClick={() => actions.renew(account.id)}>
      <Icon name="renew" />
      <span>
        {text("account.makeFull")}
        <small>{text("account.makeFullWords")}</small>
      </span>
      <Icon name="forward" />
    </button>
  );
