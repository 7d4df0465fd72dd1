// The keys being made, by what really happens: the device's half, the server's half joined to it, the proof that both fit; then further keys of the same PIN.
import type { Purpose } from "../../account/purpose.ts";
import { text } from "../language/text.ts";
import type { Actions } from "../model/person-actions.ts";
import type { KeyStage } from "../model/screen-parts.ts";
import type { Screen } from "../model/state.ts";
import { Frame } from "./frame.tsx";
import { Icon } from "./icons.tsx";
import { Notice } from "./notice.tsx";
import { pinName } from "./person.ts";

interface MakingKeysContent {
  readonly screen: Screen & { name: "making-keys" };
  readonly actions: Actions;
}

export const MakingKeys = ({ screen, actions }: MakingKeysContent) => (
  <Frame
    kind="making-keys"
    heading={text("keys.heading")}
    back={{ name: text("app.back"), go: actions.leave }}
    holds
    giveUp={{ name: text("app.startOver"), go: actions.removeFromDevice }}
  >
    <p class="lead">{text("keys.words")}</p>
    <div class="keys">
      <KeysInMaking purpose="auth" stage={screen.progress.auth} />
      <KeysInMaking purpose="sign" stage={screen.progress.sign} />
    </div>
    <NetworkWait waits={screen.waitsForNetwork} />
  </Frame>
);

/** Always in the page, as `ProblemLine`. */
export const NetworkWait = ({ waits }: { readonly waits: boolean }) => (
  <div role="status">
    {waits && (
      <Notice tone="care" icon="offline" title={text("keys.network")}>
        <p>{text("keys.networkWords")}</p>
      </Notice>
    )}
  </div>
);

interface KeysInMakingContent {
  readonly purpose: Purpose;
  readonly stage: KeyStage;
  /** What happens before its turn. */
  readonly before?: string;
}

export const KeysInMaking = ({ purpose, stage, before = text("keys.stage.waiting") }: KeysInMakingContent) => (
  <section class="key-making">
    <div class="key-making-head">
      <h2>{text(purpose === "auth" ? "keys.auth" : "keys.sign")}</h2>
      <span class="tag">{pinName(purpose)}</span>
    </div>
    <Stick stage={stage} />
    <p role="status" class={stage === "done" ? "stage done" : "stage"}>
      {stage === "done" && <Icon name="check" />}
      {stage === "waiting" ? before : text(`keys.stage.${stage}`)}
    </p>
  </section>
);

/** The upper half is the device's, the lower one the server's. Where they are says how far it is. */
const Stick = ({ stage }: { readonly stage: KeyStage }) => (
  <svg class={`stick ${stage}`} viewBox="0 0 320 56" aria-hidden="true" focusable="false">
    <path class="stock" d="M0 9a7 7 0 0 1 7-7h306a7 7 0 0 1 7 7v17h-68l-8-8-8 8h-68l-8-8-8 8h-68l-8-8-8 8H0Z" />
    <path class="foil" d="M0 30h68l8 8 8-8h68l8 8 8-8h68l8 8 8-8h68v17a7 7 0 0 1-7 7H7a7 7 0 0 1-7-7Z" />
  </svg>
);
