// A request that came by a link: whose it is, that it is on its way, and what to do in a browser that has no account.
import type { Actions } from "../model/person-actions.ts";
import type { AccountView, AppState, ArrivedLink, Screen } from "../model/state.ts";
import { Frame, PrimaryButton, QuietButton } from "./frame.tsx";
import { Icon } from "./icons.tsx";
import { Mark } from "./mark.tsx";
import { ProblemLine } from "./notice.tsx";
import { accountFacts, fullName } from "./person.ts";

interface LinkContent<Name extends Screen["name"]> {
  readonly screen: Screen & { name: Name };
  readonly state: AppState;
  readonly actions: Actions;
}

const WISHES: Readonly<Record<ArrivedLink["sessionType"], string>> = {
  auth: "A site asks you to log in",
  sign: "A site asks you to sign",
  cert: "A site asks for your certificate",
};

export const LinkOpening = ({ screen, actions }: Omit<LinkContent<"link-opening">, "state">) => (
  <Frame
    kind="link-opening"
    heading={WISHES[screen.link.sessionType]}
    back={screen.busy ? undefined : { name: "Back", go: actions.leave }}
    actions={
      screen.busy ? undefined : (
        <>
          <ProblemLine problem={screen.problem} />
          <PrimaryButton onClick={actions.retryLink}>Try again</PrimaryButton>
          <QuietButton onClick={actions.leave}>Not now</QuietButton>
        </>
      )
    }
  >
    <Mark name="mark hero" />
    <p class="lead" role="status">
      {screen.busy ? "Opening the request…" : ""}
    </p>
  </Frame>
);

export function LinkAccounts({ screen, state, actions }: LinkContent<"link-accounts">) {
  const { link, tried, rescan } = screen;
  const active = state.accounts.filter((account) => account.state?.status === "active");
  const others = active.filter(({ id }) => !tried.includes(id));
  const last = active.find(({ id }) => id === tried.at(-1));
  return (
    <Frame
      kind="link-accounts"
      eyebrow={WISHES[link.sessionType]}
      heading={last === undefined ? "With which account?" : "Not for this account"}
      back={{ name: "Back", go: actions.leave }}
      actions={<QuietButton onClick={actions.leave}>Cancel</QuietButton>}
    >
      {last !== undefined && (
        <p class="lead">
          The request is not for {fullName(last)} ({accountFacts(last).replaceAll(" ", "\u00a0")}). It is for somebody else, for
          another account, or for a higher level.
        </p>
      )}
      {others.length > 0 ? (
        <section class="accounts">
          {last !== undefined && <h2>{rescan ? "Scan it with another account" : "Open it with another account"}</h2>}
          {others.map((account) => (
            <AccountRow key={account.id} account={account} open={() => actions.openLinkWith(account.id)} />
          ))}
        </section>
      ) : (
        <p>There is no other account on this device. Start anew on the site’s page, and check what you type there.</p>
      )}
    </Frame>
  );
}

const AccountRow = ({ account, open }: { readonly account: AccountView; readonly open: () => void }) => (
  <button type="button" class="row strong" onClick={open}>
    <span>
      <b>{fullName(account)}</b>
      <small>{accountFacts(account)}</small>
    </span>
    <Icon name="forward" />
  </button>
);

export const NoAccount = ({ screen, actions }: Omit<LinkContent<"no-account">, "state">) => (
  <Frame
    kind="no-account"
    heading={WISHES[screen.link.sessionType]}
    actions={
      <>
        <PrimaryButton onClick={actions.startEnrolment}>
          {screen.enrolling ? "Finish my account" : "Make an account"}
        </PrimaryButton>
        <QuietButton onClick={actions.leave}>Not now</QuietButton>
      </>
    }
  >
    <p class="lead">
      {screen.enrolling
        ? "The account in this browser is not finished yet, so it cannot answer. The site was told nothing."
        : "Tally answers for you, but this browser has no Tally account. The site was told nothing."}
    </p>
    <ol class="steps">
      <li>
        <h2>Is your account on another device?</h2>
        <p>Open Tally there, choose “Scan a QR code”, and scan the code on the site’s page.</p>
      </li>
      <li>
        <h2>Is it in another browser?</h2>
        <p>Open the site in that browser, and start there.</p>
      </li>
      <li>
        <h2>{screen.enrolling ? "Is it the one that you are making?" : "Is there none yet?"}</h2>
        <p>
          {screen.enrolling ? "Finish it" : "Make one"}: it takes a minute, and the request waits for three. If it is over by
          then, start anew on the site’s page.
        </p>
      </li>
    </ol>
  </Frame>
);
