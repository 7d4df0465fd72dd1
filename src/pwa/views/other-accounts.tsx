// The accounts on this device besides the one that is shown, each by its person's name.
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
      <h2>Also on this device</h2>
      {accounts.map((account) => (
        <button type="button" class="row" key={account.id} onClick={() => select(account.id)}>
          <span>
            {fullName(account)}
            <small>{aboutAccount(account)}</small>
          </span>
          <Icon name="forward" />
        </button>
      ))}
    </>
  );

function aboutAccount(account: AccountView): string {
  const { state, waiting } = account;
  if (waiting.length > 0) return waiting.length === 1 ? "A request waits" : `${waiting.length} requests wait`;
  if (state === undefined) return "";
  if (state.status === "closed") return "Closed";
  if (state.status !== "active") return "Not finished yet";
  return accountFacts(account);
}
