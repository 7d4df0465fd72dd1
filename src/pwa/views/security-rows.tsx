// Of the settings of an account, what makes it safer on this device: its passkey, and codes that are typed.
import { text } from "../language/text.ts";
import type { Actions } from "../model/person-actions.ts";
import type { AccountView } from "../model/state.ts";
import { Icon } from "./icons.tsx";

interface SecurityRowsContent {
  readonly account: AccountView;
  /** The person comes back from the passkey: its row takes the focus. */
  readonly left: boolean;
  readonly actions: Pick<Actions, "askPasskey" | "setTypesCode">;
}

export const SecurityRows = ({ account: { id, passkey, typesCode = false }, left, actions }: SecurityRowsContent) => (
  <>
    <button type="button" class="row" data-takes-focus={left ? "" : undefined} onClick={() => actions.askPasskey(id)}>
      <Icon name="passkey" />
      <span>
        {text("passkey.row")}
        <small>{text(passkey === undefined ? "passkey.rowOff" : "passkey.rowOn")}</small>
      </span>
      <Icon name="forward" />
    </button>
    <button
      type="button"
      class="row"
      role="switch"
      aria-checked={typesCode}
      aria-label={text("code.row")}
      aria-describedby="code-row-words"
      onClick={() => actions.setTypesCode(id, !typesCode)}
    >
      <Icon name="keypad" />
      <span>
        {text("code.row")}
        <small id="code-row-words">{text("code.rowWords")}</small>
      </span>
      <i class="switch" aria-hidden="true" />
    </button>
  </>
);
