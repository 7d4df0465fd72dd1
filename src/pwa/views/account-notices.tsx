// What happened to the person's other accounts, each until it was understood: which, what, when, what it means, and what to do.
import type { AccountNotice } from "../../protocol/device-messages.ts";
import { text } from "../language/text.ts";
import { isHere, noticesToShow } from "../model/account-notices.ts";
import type { Actions } from "../model/person-actions.ts";
import type { AccountView, AppState } from "../model/state.ts";
import { Notice } from "./notice.tsx";
import { OperatorContact } from "./operator.tsx";
import { maskedDocumentNumber } from "./person.ts";
import { dayAndTime, useServerClock } from "./server-clock.ts";

interface AccountNoticesContent {
  /** The one that is told. */
  readonly account: AccountView;
  readonly state: AppState;
  readonly actions: Actions;
}

/** By the clock: one that is held back for a while comes by itself. */
export function AccountNotices({ account, state, actions }: AccountNoticesContent) {
  const now = useServerClock(account.clockSkew);
  return (
    <>
      {noticesToShow(state, account, now).map((notice) => (
        <AccountNoticeCard
          key={notice.id}
          notice={notice}
          place={isHere(state.accounts, notice) ? "here" : "elsewhere"}
          operator={state.operator}
          dismiss={() => {
            // The button goes away under the focus.
            document.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
            actions.dismissNotice(account.id, notice.id);
          }}
        />
      ))}
    </>
  );
}

interface CardContent extends Pick<AppState, "operator"> {
  readonly notice: AccountNotice;
  /** Whether that account is on this device, too. */
  readonly place: "here" | "elsewhere";
  readonly dismiss: () => void;
}

function AccountNoticeCard({ notice, place, operator, dismiss }: CardContent) {
  const kind = kindOf(notice);
  const values = {
    account: maskedDocumentNumber(notice.documentNumber),
    place,
    when: dayAndTime(notice.at),
    purpose: notice.kind === "pin_dead" ? notice.purpose : "",
  };
  const title = text(`otherAccount.${kind}.title`, values);
  return (
    <Notice
      tone={GRAVE.includes(kind) ? "alarm" : "care"}
      icon="devices"
      title={title}
      action={{ name: text("otherAccount.understood"), about: title, go: dismiss }}
    >
      <p>
        {text(`otherAccount.${kind}.happened`, values)}{" "}
        {kind !== "pin_dead" && kind !== "new_account" && text("otherAccount.revoked")} {text("otherAccount.unchanged")}
      </p>
      <p>{text(`otherAccount.${kind}.next`)}</p>
      {ASKING.includes(kind) && <OperatorContact operator={operator} />}
    </Notice>
  );
}

/** Reasons that the app knows; whatever else closed an account is told where that account is. */
const REASONS = ["owner", "expired", "renewed", "operator", "cloned", "rolled_back"] as const;

type Kind = (typeof REASONS)[number] | "pin_dead" | "new_account" | "closed";

/** Somebody else may be at work. */
const GRAVE: readonly Kind[] = ["cloned", "pin_dead", "new_account"];

/** Whose words send the person to whoever runs the service. */
const ASKING: readonly Kind[] = ["new_account", "operator", "renewed"];

function kindOf(notice: AccountNotice): Kind {
  if (notice.kind !== "closed") return notice.kind;
  return REASONS.find((reason) => reason === notice.reason) ?? "closed";
}
