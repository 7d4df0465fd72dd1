// What became of a request: what was told to whom, and what to do now; and the way back to the page that began it.
import { useEffect } from "preact/hooks";
import type { Actions } from "../model/person-actions.ts";
import type { OutcomeKind, Screen } from "../model/state.ts";
import { Frame, PrimaryButton, QuietButton } from "./frame.tsx";
import { Icon, type IconName } from "./icons.tsx";
import { Mark } from "./mark.tsx";

interface Words {
  readonly heading: string;
  readonly icon: IconName;
  readonly happened: string;
  readonly next: string;
}

type OutcomeScreen = Screen & { name: "outcome" };

/** Time to read one word; whoever wants to stay presses Done. */
const RETURN_AFTER_MS = 1500;

const GOOD: readonly OutcomeKind[] = ["confirmed", "account-active", "certificate-given"];

export function Outcome({ screen, actions }: { readonly screen: OutcomeScreen; readonly actions: Actions }) {
  const { outcome, returnTo } = screen;
  const { heading, icon, happened, next } = outcomeWords(screen);
  const good = GOOD.includes(outcome);
  const returns = good && returnTo !== undefined;
  useEffect(() => {
    if (!returns) return undefined;
    const timer = setTimeout(actions.returnToPage, RETURN_AFTER_MS);
    return () => clearTimeout(timer);
  }, [returns, actions]);
  return (
    <Frame kind={good ? "outcome good" : "outcome"} heading={heading} actions={<Ways screen={screen} actions={actions} />}>
      {good ? (
        <Mark joining name="mark hero" />
      ) : (
        <span class="outcome-icon">
          <Icon name={icon} />
        </span>
      )}
      <div role="status">
        <p class="lead">{happened}</p>
        <p>{returns ? `Going back to ${hostOf(returnTo)}…` : next}</p>
      </div>
    </Frame>
  );
}

function Ways({ screen: { outcome, returnTo }, actions }: { readonly screen: OutcomeScreen; readonly actions: Actions }) {
  if (returnTo === undefined && outcome !== "link-stale" && outcome !== "link-to-scan")
    return <PrimaryButton onClick={actions.leave}>Done</PrimaryButton>;
  return (
    <>
      {returnTo === undefined ? (
        <PrimaryButton onClick={actions.scan}>Scan the code</PrimaryButton>
      ) : (
        <PrimaryButton onClick={actions.returnToPage}>Back to {hostOf(returnTo)}</PrimaryButton>
      )}
      <QuietButton onClick={actions.leave}>Done</QuietButton>
    </>
  );
}

/** Beside another thing to do. */
export const ReturnButton = ({ returnTo, actions }: { readonly returnTo: string | undefined; readonly actions: Actions }) =>
  returnTo === undefined ? null : <QuietButton onClick={actions.returnToPage}>Back to {hostOf(returnTo)}</QuietButton>;

const hostOf = (address: string): string => new URL(address).host;

function outcomeWords({ outcome, purpose, relyingPartyName }: OutcomeScreen): Words {
  return WORDS[outcome](relyingPartyName ?? "The site", purpose === "sign");
}

const WORDS: Readonly<Record<OutcomeKind, (party: string, signs: boolean) => Words>> = {
  confirmed: (party, signs) => ({
    heading: "Confirmed",
    icon: "check",
    happened: signs ? `Your signature is with ${party}.` : `${party} knows that it is you.`,
    next: "Go back to its page: it goes on by itself.",
  }),
  refused: (party) => ({
    heading: "Refused",
    icon: "cross",
    happened: `${party} was told that you refused. Nothing was signed, and you were not logged in.`,
    next: "Did you not start this yourself? Then somebody tried it in your name, and you did right. Nothing more needs doing.",
  }),
  "wrong-code": (party) => ({
    heading: "Wrong code",
    icon: "cross",
    happened: `That is not the code of this request, so it was ended and ${party} was told.`,
    next: "If you picked what the site showed you, do not try again there: the page may be a fake. If your finger slipped, start anew.",
  }),
  "timed-out": (party) => ({
    heading: "Time ran out",
    icon: "clock",
    happened: `${party} waits for three minutes only. Nothing was signed.`,
    next: "Start anew on its page when you are ready.",
  }),
  "answered-elsewhere": (party) => ({
    heading: "Answered elsewhere",
    icon: "devices",
    happened: `The request of ${party} was answered in another window or on another device of yours. Nothing was done here.`,
    next: "Go on there. If you answered it nowhere, tell whoever runs this server.",
  }),
  "claimed-elsewhere": (party) => ({
    heading: "Answered on another device",
    icon: "devices",
    happened: `Another device of yours took the request of ${party}. Nothing was done here.`,
    next: "Go on there. If you have no other device, somebody else has an account in your name: tell whoever runs this server.",
  }),
  "not-presentable": (party) => ({
    heading: "This request cannot be shown",
    icon: "warning",
    happened: `What ${party} sent contradicts itself. What cannot be shown is not signed.`,
    next: "You can do nothing wrong here. Tell the site that its request could not be shown.",
  }),
  failed: (party) => ({
    heading: "That did not work",
    icon: "warning",
    happened: `The request of ${party} has ended without a result.`,
    next: "Start anew on its page. If it happens again, tell the site.",
  }),
  "account-active": () => ({
    heading: "Your account is ready",
    icon: "check",
    happened: "Both halves of your keys are in place.",
    next: "From now on, PIN1 logs you in and PIN2 signs. Sites find you by your personal code.",
  }),
  interrupted: (party) => ({
    heading: "Interrupted",
    icon: "question",
    happened: "The answer did not arrive here, so Tally cannot say how this ended.",
    next: `${party} knows. Look at its page before you start anew.`,
  }),
  "not-supported": (party) => ({
    heading: "Tally cannot show this",
    icon: "warning",
    happened: `${party} wants its request shown in a way that this app does not know. It was told so, and the request has ended.`,
    next: "If an update of Tally waits, load it and start anew. Else tell the site.",
  }),
  "key-missing": (party) => ({
    heading: "No key for this",
    icon: "warning",
    happened: `${party} wants a kind of signature that this account has no key for. It was told so, and the request has ended.`,
    next: "Tell the site: it can ask for another kind.",
  }),
  "certificate-given": (party) => ({
    heading: "Confirmed",
    icon: "check",
    happened: `${party} has your certificate. Nothing was signed.`,
    next: "Go back to its page: it goes on by itself.",
  }),
  "waiting-stopped": (party) => ({
    heading: "Cancelled",
    icon: "cross",
    happened: `${party} has your certificate. What it asks you to sign now counts as refused.`,
    next: "To sign after all, start anew on its page.",
  }),
  "nothing-came": (party) => ({
    heading: "Nothing came",
    icon: "clock",
    happened: `${party} has your certificate, but sent nothing to sign in time. Nothing was signed.`,
    next: "Look at its page, and start anew there.",
  }),
  "link-broken": () => ({
    heading: "This link is not whole",
    icon: "warning",
    happened: "Something is missing from it, or was added on the way. Nothing was opened.",
    next: "Start anew on the site’s page. If it happens again, tell the site.",
  }),
  "link-over": () => ({
    heading: "This request has ended",
    icon: "clock",
    happened: "Its time ran out, it was answered already, or it never was for this server. Nothing was done here.",
    next: "Start anew on the site’s page.",
  }),
  "link-must-wait": () => ({
    heading: "You are in the middle of signing",
    icon: "clock",
    happened: "A site is preparing the document that you chose this account for. Until it comes, nothing else is opened here.",
    next: "Wait for it, or cancel the waiting; then open the link again. If you opened none yourself, somebody else sent you here.",
  }),
  "link-to-scan": () => ({
    heading: "Scan this code from here",
    icon: "camera",
    happened:
      "A code counts only in front of the camera of this app: as a link, somebody could have sent you theirs. Nothing was opened.",
    next: "Scan it on the site’s page. If somebody sent you here, do not: it may be a fraud.",
  }),
  "link-stale": () => ({
    heading: "This code is too old",
    icon: "clock",
    happened: "Codes change every second, so that an old one is of no use to anybody. Nothing was opened.",
    next: "Scan the code on the site’s page from here. If somebody sent it to you, do not: it may be a fraud.",
  }),
  "link-forged": () => ({
    heading: "This request is not genuine",
    icon: "warning",
    happened: "The link is not the one that the site made. Somebody may have changed it, so the request was ended.",
    next: "Start anew on the site’s own page, at an address that you trust.",
  }),
  "link-not-mine": () => ({
    heading: "Not for this account",
    icon: "question",
    happened: "The request is for somebody else, for another account, or for a higher level. Nothing was done here.",
    next: "Start anew on the site’s page, and check what you type there.",
  }),
};
