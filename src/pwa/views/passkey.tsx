// The passkey of an account: what it does and what it risks, before there is one; then the proof that it opens the same way each time; then
// how to be rid of it, and what is left to do when it is gone.
import { PURPOSES } from "../../account/purpose.ts";
import { richText, text, type TextKey } from "../language/text.ts";
import type { Actions } from "../model/person-actions.ts";
import type { AppState, Screen } from "../model/state.ts";
import { Frame, PrimaryButton, QuietButton } from "./frame.tsx";
import { Notice, ProblemLine } from "./notice.tsx";
import { fullName, pinName } from "./person.ts";

interface PasskeyContent<Name extends Screen["name"]> {
  readonly screen: Screen & { name: Name };
  readonly state: AppState;
  readonly actions: Actions;
}

export function PasskeyOfAccount({ screen, state, actions }: PasskeyContent<"passkey">) {
  const { step, made, problem } = screen;
  const account = state.accounts.find(({ id }) => id === screen.accountId);
  const busy = screen.busy || screen.prompting === true;
  const again = step === "try" && made?.print === undefined;
  return (
    <Frame
      kind="passkey"
      eyebrow={fullName(account)}
      heading={text(HEADINGS[step])}
      back={{ name: text("app.back"), go: actions.leave }}
      holds={busy || step === "offer" || step === "try"}
      actions={
        <>
          <ProblemLine problem={problem} reload={actions.update} />
          <Doing step={step} busy={busy} misses={account?.missesPasskey === true} actions={actions} />
        </>
      }
    >
      <p class="lead">{text(again ? "passkey.tryTwice" : LEADS[step])}</p>
      {step === "offer" && (
        <>
          <ul class="plain">
            <li>{text("passkey.eachPin")}</li>
            <li>{text("passkey.thief")}</li>
            <li>{text("passkey.copiesBefore")}</li>
            <li>{text("passkey.canTurnOff")}</li>
          </ul>
          <Notice tone="care" icon="warning" title={text("passkey.risk")}>
            <p>{text("passkey.riskWords")}</p>
          </Notice>
        </>
      )}
      {step === "on" && (
        <>
          <ul class="plain">
            <li>{text("passkey.eachPin")}</li>
            <li>{text("passkey.riskWords")}</li>
            <li>{text("passkey.newPins")}</li>
          </ul>
          {PURPOSES.map((purpose) => (
            <button key={purpose} type="button" class="link" aria-disabled={busy} onClick={() => actions.changePin(purpose)}>
              {text("settings.changePin", { pin: pinName(purpose) })}
            </button>
          ))}
          <button type="button" class="link" aria-disabled={busy} onClick={() => !busy && actions.passkeyLost()}>
            {text("passkey.gone")}
          </button>
        </>
      )}
    </Frame>
  );
}

type Step = (Screen & { name: "passkey" })["step"];

const HEADINGS: Readonly<Record<Step, TextKey>> = {
  offer: "passkey.heading",
  try: "passkey.tryHeading",
  on: "passkey.onHeading",
  "turned-off": "passkey.offHeading",
  impossible: "passkey.impossibleHeading",
};

const LEADS: Readonly<Record<Step, TextKey>> = {
  offer: "passkey.words",
  try: "passkey.tryWords",
  on: "passkey.onWords",
  "turned-off": "passkey.offWords",
  impossible: "passkey.impossibleWords",
};

interface DoingContent {
  readonly step: Step;
  readonly busy: boolean;
  /** Of an account that took the place of one with a passkey. */
  readonly misses: boolean;
  readonly actions: Actions;
}

function Doing({ step, busy, misses, actions }: DoingContent) {
  switch (step) {
    case "offer":
    case "try":
      return (
        <>
          <PrimaryButton busy={busy} onClick={actions.goOnWithPasskey}>
            {text(step === "offer" ? "passkey.turnOn" : "passkey.use")}
          </PrimaryButton>
          {misses && (
            <QuietButton busy={busy} onClick={actions.declinePasskey}>
              {text("app.notNow")}
            </QuietButton>
          )}
        </>
      );
    case "on":
      return (
        <>
          <QuietButton busy={busy} onClick={actions.goOnWithPasskey}>
            {text("passkey.turnOff")}
          </QuietButton>
          <PrimaryButton busy={busy} onClick={actions.leave}>
            {text("app.done")}
          </PrimaryButton>
        </>
      );
    case "turned-off":
    case "impossible":
      return <PrimaryButton onClick={actions.leave}>{text("app.done")}</PrimaryButton>;
  }
}

export function PasskeyLost({ screen, state, actions }: PasskeyContent<"passkey-lost">) {
  return (
    <Frame
      kind="passkey"
      eyebrow={fullName(state.accounts.find(({ id }) => id === screen.accountId))}
      heading={text("passkey.lostHeading")}
      back={{ name: text("app.back"), go: actions.leave }}
      actions={
        <>
          <QuietButton danger onClick={actions.askDelete}>
            {text("app.deleteAccount")}
          </QuietButton>
          <PrimaryButton onClick={() => actions.renew(screen.accountId)}>{text("app.makeAccount")}</PrimaryButton>
        </>
      }
    >
      <p class="lead">{richText("passkey.lostLook")}</p>
      <p>{text("passkey.lostWords")}</p>
      <ul class="plain">
        <li>{text("passkey.lostNew")}</li>
        <li>{text("passkey.lostSigned")}</li>
      </ul>
    </Frame>
  );
}
