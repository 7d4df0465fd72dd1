// A request that came by a link: whose it is, that it is on its way, and what to do in a browser that has no account.
import { text } from "../language/text.ts";
import type { Actions } from "../model/person-actions.ts";
import type { ArrivedLink } from "../model/screen-parts.ts";
import type { AccountView, AppState, Screen } from "../model/state.ts";
import { Frame, PrimaryButton, QuietButton } from "./frame.tsx";
import { Icon } from "./icons.tsx";
import { MakeFull } from "./make-full.tsx";
import { Mark } from "./mark.tsx";
import { ProblemLine } from "./notice.tsx";
import { accountFacts, fullName } from "./person.ts";

interface LinkContent<Name extends Screen["name"]> {
  readonly screen: Screen & { name: Name };
  readonly state: AppState;
  readonly actions: Actions;
}

const wishOf = ({ sessionType }: ArrivedLink): string => text(`linkWish.${sessionType}`);

export const LinkOpening = ({ screen, actions }: Omit<LinkContent<"link-opening">, "state">) => (
  <Frame
    kind="link-opening"
    heading={wishOf(screen.link)}
    back={screen.busy ? undefined : { name: text("app.back"), go: actions.leave }}
    holds
    actions={
      screen.busy ? undefined : (
        <>
          <ProblemLine problem={screen.problem} />
          <PrimaryButton onClick={actions.retryLink}>{text("app.tryAgain")}</PrimaryButton>
          <QuietButton onClick={actions.leave}>{text("app.notNow")}</QuietButton>
        </>
      )
    }
  >
    <Mark name="mark hero" />
    <p class="lead" role="status">
      {screen.busy ? text("link.opening") : ""}
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
      eyebrow={wishOf(link)}
      heading={text(last === undefined ? "link.whichAccount" : "link.notForThis")}
      back={{ name: text("app.back"), go: actions.leave }}
      holds
      actions={<QuietButton onClick={actions.leave}>{text("app.cancel")}</QuietButton>}
    >
      {last !== undefined && (
        <p class="lead">
          {text("link.notFor", { person: fullName(last), account: accountFacts(last).replace("• ", "•\u00a0") })}
        </p>
      )}
      {others.length > 0 ? (
        <section class="accounts">
          {last !== undefined && <h2>{text(rescan ? "link.scanWithAnother" : "link.openWithAnother")}</h2>}
          {others.map((account) => (
            <AccountRow key={account.id} account={account} open={() => actions.openLinkWith(account.id)} />
          ))}
        </section>
      ) : (
        <p>{text("link.noOther")}</p>
      )}
      <MakeFull account={last} state={state} actions={actions} />
    </Frame>
  );
}

export const AccountRow = ({ account, open }: { readonly account: AccountView; readonly open: () => void }) => (
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
    heading={wishOf(screen.link)}
    actions={
      <>
        <PrimaryButton onClick={actions.startEnrolment}>
          {text(screen.enrolling ? "link.finish" : "app.makeAccount")}
        </PrimaryButton>
        <QuietButton onClick={actions.leave}>{text("app.notNow")}</QuietButton>
      </>
    }
  >
    <p class="lead">{text(screen.enrolling ? "link.notFinished" : "link.noAccount")}</p>
    <ol class="steps">
      <li>
        <h2>{text("link.otherDevice")}</h2>
        <p>{text("link.otherDeviceWords", { scan: text("home.scan") })}</p>
      </li>
      <li>
        <h2>{text("link.otherBrowser")}</h2>
        <p>{text("link.otherBrowserWords")}</p>
      </li>
      <li>
        <h2>{text(screen.enrolling ? "link.making" : "link.noneYet")}</h2>
        <p>{text(screen.enrolling ? "link.makingWords" : "link.noneYetWords")}</p>
      </li>
    </ol>
  </Frame>
);
