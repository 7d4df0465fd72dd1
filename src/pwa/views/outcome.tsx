// What became of a request: what was told to whom, and what to do now.
import type { Actions, OutcomeKind, Screen } from "../model/state.ts";
import { Frame, PrimaryButton } from "./frame.tsx";
import { Icon, type IconName } from "./icons.tsx";
import { Mark } from "./mark.tsx";

interface Words {
  readonly heading: string;
  readonly icon: IconName;
  readonly happened: string;
  readonly next: string;
}

type OutcomeScreen = Screen & { name: "outcome" };

export function Outcome({ screen, actions }: { readonly screen: OutcomeScreen; readonly actions: Actions }) {
  const { heading, icon, happened, next } = outcomeWords(screen);
  const good = screen.outcome === "confirmed" || screen.outcome === "account-active";
  return (
    <Frame
      kind={good ? "outcome good" : "outcome"}
      heading={heading}
      actions={<PrimaryButton onClick={actions.leave}>Done</PrimaryButton>}
    >
      {good ? (
        <Mark joining name="mark hero" />
      ) : (
        <span class="outcome-icon">
          <Icon name={icon} />
        </span>
      )}
      <div role="status">
        <p class="lead">{happened}</p>
        <p>{next}</p>
      </div>
    </Frame>
  );
}

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
};
