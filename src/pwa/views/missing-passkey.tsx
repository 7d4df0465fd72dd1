// An account that took the place of one with a passkey has none itself: making one is its person's own doing, in a prompt of their browser.
import { text } from "../language/text.ts";
import type { Actions } from "../model/person-actions.ts";
import type { AccountView } from "../model/state.ts";
import { Notice } from "./notice.tsx";

interface MissingPasskeyContent {
  readonly account: AccountView;
  readonly actions: Actions;
}

export const MissingPasskey = ({ account, actions }: MissingPasskeyContent) =>
  account.missesPasskey !== true || account.passkey !== undefined ? null : (
    <Notice
      tone="care"
      icon="passkey"
      title={text("passkey.missing")}
      action={{ name: text("passkey.turnOn"), about: text("passkey.row"), go: () => actions.askPasskey(account.id) }}
    >
      <p>{text("passkey.missingWords")}</p>
    </Notice>
  );
