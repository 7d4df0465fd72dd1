// A request that waits on several accounts of the person: before anything of it is shown, which one answers.
import { text } from "../language/text.ts";
import { choosable } from "../model/device-choice.ts";
import type { Actions } from "../model/person-actions.ts";
import type { AppState, Screen } from "../model/state.ts";
import { Frame, PrimaryButton, QuietButton } from "./frame.tsx";
import { AccountRow } from "./link.tsx";
import { whoseAccount } from "./person.ts";
import { TimeLeft } from "./transaction.tsx";

interface UseDeviceContent {
  readonly screen: Screen & { name: "use-device" };
  readonly state: AppState;
  readonly actions: Actions;
}

export function UseDevice({ screen: { request, accountId, busy }, state, actions }: UseDeviceContent) {
  const accounts = choosable(state, request.transactionId);
  const skew = state.accounts.find(({ id }) => id === accountId)?.clockSkew ?? 0;
  const several = accounts.length > 1;
  return (
    <Frame
      kind="transaction use-device"
      eyebrow={text(`purpose.${request.purpose}`)}
      heading={request.relyingPartyName}
      whose={several ? undefined : whoseAccount(state, accountId)}
      back={{ name: text("app.back"), go: actions.leave }}
      holds
    >
      <p class="asked">{text(several ? "link.whichAccount" : "useDevice.asked")}</p>
      <p>{text(several ? "useDevice.severalWords" : "useDevice.words")}</p>
      {several && (
        <section class="accounts">
          {accounts.map((account) => (
            <AccountRow key={account.id} account={account} open={() => actions.useDevice(account.id)} />
          ))}
        </section>
      )}
      <TimeLeft expiresAt={request.expiresAt} skew={skew} />
      <div class={several ? "actions alone" : "actions halves"}>
        <QuietButton onClick={actions.refuse} busy={busy}>
          {text("app.cancel")}
        </QuietButton>
        {!several && (
          <PrimaryButton onClick={() => actions.useDevice(accountId)} busy={busy}>
            {text("useDevice.use")}
          </PrimaryButton>
        )}
      </div>
    </Frame>
  );
}
