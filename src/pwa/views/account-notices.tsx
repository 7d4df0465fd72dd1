// What happened to the person's other accounts, each until it was understood: which, what, when, what it means, and what to do.
import type { AccountNotice } from "../../protocol/device-messages.ts";
import type { Purpose } from "../../account/purpose.ts";
import type { Actions } from "../model/person-actions.ts";
import type { AppState } from "../model/state.ts";
import { Notice } from "./notice.tsx";
import { maskedDocumentNumber, pinName } from "./person.ts";
import { dayAndTime } from "./server-clock.ts";

interface AccountNoticesContent {
  /** Of the account that is told. */
  readonly accountId: string;
  readonly notices: readonly AccountNotice[];
  readonly state: AppState;
  readonly actions: Actions;
}

export const AccountNotices = ({ accountId, notices, state, actions }: AccountNoticesContent) => (
  <>
    {notices
      .filter(({ id }) => !state.understood.includes(id))
      .map((notice) => (
        <AccountNoticeCard
          key={notice.id}
          notice={notice}
          place={isHere(state, notice) ? "on this device" : "on another device"}
          dismiss={() => {
            // The button goes away under the focus.
            document.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
            actions.dismissNotice(accountId, notice.id);
          }}
        />
      ))}
  </>
);

const isHere = ({ accounts }: AppState, { documentNumber }: AccountNotice): boolean =>
  accounts.some(({ state }) => state?.documentNumber === documentNumber);

interface CardContent {
  readonly notice: AccountNotice;
  readonly place: string;
  readonly dismiss: () => void;
}

function AccountNoticeCard({ notice, place, dismiss }: CardContent) {
  const { title, happened, means, next, grave } = wordsOf(notice, place);
  return (
    <Notice
      tone={grave === true ? "alarm" : "care"}
      icon="devices"
      title={title}
      action={{ name: "Understood", about: title, go: dismiss }}
    >
      <p>
        {happened} {means} Nothing changes for the account shown above.
      </p>
      <p>{next}</p>
    </Notice>
  );
}

interface Words {
  readonly title: string;
  readonly happened: string;
  readonly means: string;
  readonly next: string;
  /** Somebody else may be at work. */
  readonly grave?: boolean;
}

function wordsOf(notice: AccountNotice, place: string): Words {
  const name = `Your account ${maskedDocumentNumber(notice.documentNumber)} ${place}`;
  const when = dayAndTime(notice.at);
  if (notice.kind === "pin_dead") return pinDeadWords(name, notice.purpose, when);
  const means = "Its certificates are revoked: nobody can log in or sign with it any more.";
  switch (notice.reason) {
    case "owner":
      return {
        title: `${name} was deleted`,
        happened: `It was deleted there on ${when}.`,
        means,
        next: "Was it not you? Then somebody had that device, or a copy of what is on it: look for it, and find out who.",
      };
    case "expired":
      return {
        title: `${name} has ended`,
        happened: `Its time was over on ${when}.`,
        means,
        next: "Nobody did this. To use that device again, make a new account on it.",
      };
    case "renewed":
      return {
        title: `${name} was renewed`,
        happened: `A new account took its place on ${when}.`,
        means,
        next: "Was it not you? Then somebody had that device and has an account in your name: tell whoever runs this service.",
      };
    case "operator":
      return {
        title: `${name} was closed`,
        happened: `Whoever runs this service closed it on ${when}.`,
        means,
        next: "If you did not ask for this, ask them why.",
      };
    case "cloned":
      return {
        title: `${name} was closed`,
        happened: `Two devices used it, so it was closed on ${when}, before anybody could act in your name with a copy.`,
        means,
        next: "Make a new account there. If you did not bring back a backup yourself, somebody had access to that device: find out how first.",
        grave: true,
      };
    case "rolled_back":
      return {
        title: `${name} was closed`,
        happened: `The server’s records of it went back in time, so the server closed it on ${when}.`,
        means,
        next: "It is not your fault. To use that device again, make a new account on it.",
      };
    default:
      return { title: `${name} was closed`, happened: `It was closed on ${when}.`, means, next: "Open Tally there to see why." };
  }
}

function pinDeadWords(name: string, purpose: Purpose, when: string): Words {
  const [pin, other] = purpose === "auth" ? ["log in", "PIN2 still signs"] : ["sign", "PIN1 still logs you in"];
  return {
    title: `${name}: ${pinName(purpose)} is locked for ever`,
    happened: `It was wrong nine times, the last time on ${when}.`,
    means: `Its certificate is revoked: nobody can ${pin} with that account any more. ${other} there.`,
    next: "Was it not you? Then somebody with that device is guessing: delete the account there. Is the PIN forgotten? Make a new account, then delete that one.",
    grave: true,
  };
}
