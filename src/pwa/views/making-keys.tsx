// The keys being made, by what really happens: the device's half, the server's half joined to it, the proof that both fit; then further keys of the same PIN.
import type { Purpose } from "../../account/purpose.ts";
import type { Actions } from "../model/person-actions.ts";
import type { KeyStage, Screen } from "../model/state.ts";
import { Frame } from "./frame.tsx";
import { Icon } from "./icons.tsx";
import { Notice } from "./notice.tsx";
import { pinName } from "./person.ts";

const STAGE_WORDS: Readonly<Record<KeyStage, string>> = {
  waiting: "Waits its turn",
  generating: "Making this device’s half",
  joining: "Joining the server’s half",
  proving: "Proving that the halves fit",
  adding: "Making one more key",
  done: "Ready",
};

interface MakingKeysContent {
  readonly screen: Screen & { name: "making-keys" };
  readonly actions: Actions;
}

export const MakingKeys = ({ screen, actions }: MakingKeysContent) => (
  <Frame
    kind="making-keys"
    heading="Making your keys"
    back={{ name: "Back", go: actions.leave }}
    giveUp={{ name: "Start over", go: actions.removeFromDevice }}
  >
    <p class="lead">Your keys for each PIN, every key in two halves. This takes a few seconds.</p>
    <div class="keys">
      <KeysInMaking purpose="auth" stage={screen.progress.auth} />
      <KeysInMaking purpose="sign" stage={screen.progress.sign} />
    </div>
    <div role="status">
      {screen.waitsForNetwork && (
        <Notice tone="care" icon="offline" title="Waiting for the network">
          <p>It goes on by itself as soon as the server can be reached. Keep this page open.</p>
        </Notice>
      )}
    </div>
  </Frame>
);

const KeysInMaking = ({ purpose, stage }: { readonly purpose: Purpose; readonly stage: KeyStage }) => (
  <section class="key-making">
    <div class="key-making-head">
      <h2>{purpose === "auth" ? "For logging in" : "For signing"}</h2>
      <span class="tag">{pinName(purpose)}</span>
    </div>
    <Stick stage={stage} />
    <p role="status" class={stage === "done" ? "stage done" : "stage"}>
      {stage === "done" && <Icon name="check" />}
      {STAGE_WORDS[stage]}
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
