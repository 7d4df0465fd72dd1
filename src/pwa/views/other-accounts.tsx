// The accounts on this device besides the one that is shown, each by its person's name.
import { text } from "../language/text.ts";
import type { Actions } from "../model/person-actions.ts";
import type { AccountView } from "../model/state.ts";
import { Icon } from "./icons.tsx";
import { accountFacts, fullName } from "./person.ts";

interface OtherAccountsContent {
  readonly accounts: readonly AccountView[];
  readonly select: Actions["selectAccount"];
}

export const OtherAccounts = ({ accounts, select }: OtherAccountsContent) =>
  accounts.length === 0 ? null : (
    <>
      <h2>{text("account.others")}</h2>
      <ul class="rows">
        {accounts.map((account) => (
          <li key={account.id}>
            <button type="button" class="row" onClick={() => select(account.id)}>
              <span>
                {fullName(account)}
                <small>{aboutAccount(account)}</small>
              </span>
              <Icon name="forward" />
            </button>
          </li>
        ))}
      </ul>
    </>
  );

function aboutAccount(account: AccountView): string {
  const { state, waiting } = account;
  if (waiting.length > 0) return text("account.requestsWait", { count: waiting.length });
  if (state === undefined) return "";
  if (state.status === "closed") return text("account.closed");
  if (state.status !== "active") return text("account.notFinished");
  return accountFacts(account);
}
