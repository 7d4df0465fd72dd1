// A passkey, offered at home once something was confirmed here: what it does is said before anything is asked.
import { text } from "../language/text.ts";
import type { Actions } from "../model/person-actions.ts";
import type { AccountView, AppState } from "../model/state.ts";
import { Notice } from "./notice.tsx";

interface PasskeyOfferContent {
  readonly account: AccountView;
  readonly state: AppState;
  readonly actions: Pick<Actions, "askPasskey" | "declinePasskeyOffer">;
}

/** Not beside a request that waits, nor where the account misses the one that it had, which is said in words of its own. */
export const PasskeyOffer = ({ account, state, actions }: PasskeyOfferContent) =>
  state.passkeyOffer !== "due" ||
  account.state?.status !== "active" ||
  account.passkey !== undefined ||
  account.missesPasskey === true ||
  account.waiting.length > 0 ? null : (
    <Notice tone="calm" icon="passkey" title={text("passkey.offerHeading")}>
      <p>{text("passkey.offerWords")}</p>
      <div class="offer">
        <button type="button" class="link" onClick={() => actions.askPasskey(account.id)}>
          {text("passkey.offerSee")}
        </button>
        <button
          type="button"
          class="link"
          aria-label={`${text("app.notNow")}: ${text("passkey.row")}`}
          onClick={() => {
            // The button goes away under the focus.
            document.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
            actions.declinePasskeyOffer();
          }}
        >
          {text("app.notNow")}
        </button>
      </div>
    </Notice>
  );
