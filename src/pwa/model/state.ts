// What the app shows, as one value: the screen, and the accounts on this device. Screens are functions of it (views/), actions
// change it (actions.ts); nothing of a PIN is in it but how many digits were typed.
import type { Purpose } from "../../account/purpose.ts";
import type { Owner, Passkey } from "../../authenticator/device-record.ts";
import type { Presentation } from "../../authenticator/presentation.ts";
import type { ListedTransaction } from "../../authenticator/transactions.ts";
import type { CertificateChoice, ClaimedTransaction, ShownTransaction } from "../../protocol/claimed-transaction.ts";
import type { AnswerBody } from "../../protocol/device-messages.ts";
import type { Operator, RegistrationAbout } from "../../protocol/registration-about.ts";
import type { PinRefusal } from "../../split-key/pin-rules.ts";
import type { HistoryScreen } from "./history.ts";
import type { IdentityMethod } from "./identity-methods.ts";
import type { Build } from "../build.ts";
import type { OwnDoing } from "../storage/accounts.ts";
import type { PasskeyOffer } from "../storage/settings.ts";
import type {
  ArrivedLink,
  ClosedReason,
  CodeTyping,
  KeyProgress,
  KeyStage,
  OutcomeScreen,
  PasskeyScreen,
  PinChangeEnd,
  PinEntryState,
  Problem,
  ScanRemark,
  SettingsRow,
  TestPush,
} from "./screen-parts.ts";

export interface AppState {
  readonly screen: Screen;
  /** In the order in which they were made. */
  readonly accounts: readonly AccountView[];
  /** Whose home is shown; undefined while there is none. */
  readonly selected: string | undefined;
  /** Who runs the service; undefined until the server was first asked. */
  readonly operator: Operator | undefined;
  /** How people can prove there who they are; undefined until the server was first asked. */
  readonly offered: RegistrationAbout["methods"] | undefined;
  /** What the browser says of its network. */
  readonly online: boolean;
  readonly notifications: NotificationState;
  /** A new version of the app waits for a reload. */
  readonly updateReady: boolean;
  /** The server and this version of the app do not understand each other any more. */
  readonly tooOld: boolean;
  /** Undefined where the browser does not say. */
  readonly storage: StorageState | undefined;
  /** The browser offers to install the app. */
  readonly installable: boolean;
  /** Something was confirmed on this device before; undefined until that is known. */
  readonly practised: boolean | undefined;
  /** At home; undefined before, and until it is known. */
  readonly passkeyOffer: PasskeyOffer | undefined;
  /** Ids of notices that the person has read: not shown any more, whether or not the server has heard of it. */
  readonly understood: readonly string[];
}

/** `off`: can be asked for · `unavailable`: no push service here, or none that answers. */
export type NotificationState = "on" | "off" | "denied" | "unavailable";

/**
 * Whether the browser may throw the accounts away by itself: `kept` no · `loose` yes · `refused` yes, and it did not promise to keep them
 * when the person asked.
 */
export type StorageState = "kept" | "loose" | "refused";

export type KeyState = AnswerBody<"getKeyState">;
export type Application = Extract<ClaimedTransaction, { kind: "application" }>;

/** An account on this device, as the server last described it. */
export interface AccountView extends OwnDoing {
  /** This browser's own name for it. */
  readonly id: string;
  readonly owner: Owner | undefined;
  /** Undefined until the server was first reached. Kept for offline starts. */
  readonly state: KeyState | undefined;
  /** Milliseconds that the server's clock is ahead of this device's. */
  readonly clockSkew: number;
  readonly waiting: readonly ListedTransaction[];
  /** Without which its keys do not open on this device; absent where there is none. */
  readonly passkey?: Passkey | undefined;
  /**
   * Of `pinChange`, in memory alone. `going-on`: a window is at it. `heard`: `state` is the server's answer after that. Absent: unknown.
   */
  readonly pinChangeIs?: "going-on" | "heard" | undefined;
}

export type Screen =
  /** Until storage was read, and until the server says where an enrolment goes on. */
  | { readonly name: "starting"; readonly problem?: Problem }
  /** No account here, or another one wanted. `canGoBack`: there is a home to return to. */
  | { readonly name: "welcome"; readonly canGoBack: boolean }
  /** `methods`: undefined while the server is asked, and none where this app knows none of its. It is asked again where it was `unreachable`. */
  | { readonly name: "identity-methods"; readonly methods?: readonly IdentityMethod[]; readonly problem?: Problem }
  | { readonly name: "identity"; readonly busy: boolean; readonly problem?: Problem }
  /** `drawn`: the app made one, and shows it. */
  | {
      readonly name: "choose-pin";
      readonly purpose: Purpose;
      readonly stage: "choose" | "drawn" | "repeat";
      readonly pin: PinEntryState;
      readonly refusal?: PinRefusal | "differs";
      readonly problem?: Problem;
    }
  | { readonly name: "making-keys"; readonly progress: KeyProgress; readonly waitsForNetwork: boolean }
  /** PIN2 confirms name, personal code and terms; then certificates are issued (`pin.state` = "working"). */
  | { readonly name: "application"; readonly application: Application; readonly pin: PinEntryState; readonly problem?: Problem }
  /** What a site would show, before a practice begins. `code`: four digits, of `rpChallenge`. */
  | {
      readonly name: "practice";
      readonly accountId: string;
      readonly rpChallenge: string;
      readonly code: string;
      readonly from: "settings" | "elsewhere";
      readonly busy: boolean;
      readonly problem?: Problem;
    }
  /** `nothing`: no transaction found. */
  | { readonly name: "home"; readonly check: "idle" | "checking" | "nothing" | "unreachable" }
  /** It waits on several accounts of the person, and none has taken it. `accountId`: one of this browser. `busy`: it is being refused. */
  | { readonly name: "use-device"; readonly accountId: string; readonly request: ListedTransaction; readonly busy: boolean }
  /** What the relying party asks, before any PIN. `codes`: three to choose from, one of them right. */
  | {
      readonly name: "transaction";
      readonly accountId: string;
      readonly claimed: ShownTransaction;
      readonly shown: Presentation;
      readonly codes?: readonly string[];
      /** In the place of every code: the person types the one that the relying party shows. */
      readonly typing?: CodeTyping;
      /** An answer is on its way. */
      readonly busy: boolean;
    }
  | {
      readonly name: "pin";
      readonly accountId: string;
      readonly claimed: ShownTransaction;
      readonly shown: Presentation;
      /** For the way back. */
      readonly codes?: readonly string[];
      /** The same; and the code is shown no more than before. */
      readonly typing?: CodeTyping;
      readonly pin: PinEntryState;
      readonly problem?: Problem;
    }
  /** Nothing is signed: the relying party gets the certificate of this account. */
  | {
      readonly name: "certificate-choice";
      readonly accountId: string;
      readonly claimed: CertificateChoice;
      readonly busy: boolean;
      readonly problem?: Problem;
    }
  /** The signature that follows a certificate choice; until when is in the account's state. */
  | {
      readonly name: "awaiting";
      readonly accountId: string;
      readonly relyingPartyName: string;
      readonly busy: boolean;
      readonly problem?: Problem;
    }
  /** A link is on its way to the server, or did not get there. */
  | {
      readonly name: "link-opening";
      readonly accountId: string | undefined;
      readonly link: ArrivedLink;
      readonly busy: boolean;
      readonly problem?: Problem;
    }
  /** Whose request is it? `tried`: accounts that it is not for. `rescan`: its code is scanned anew, since codes age. */
  | { readonly name: "link-accounts"; readonly link: ArrivedLink; readonly tried: readonly string[]; readonly rescan: boolean }
  /** A link in a browser without an account. `enrolling`: one is being made. */
  | { readonly name: "no-account"; readonly link: ArrivedLink; readonly enrolling: boolean }
  /** `busy`: a code is on its way to the server. */
  | { readonly name: "scan"; readonly accountId: string; readonly busy: boolean; readonly remark?: ScanRemark }
  /** `until`: milliseconds since the epoch by the server's clock. */
  | {
      readonly name: "locked";
      readonly accountId: string;
      readonly purpose: Purpose;
      readonly until: number;
      readonly returnTo?: string;
    }
  | { readonly name: "dead"; readonly accountId: string; readonly purpose: Purpose; readonly returnTo?: string }
  | OutcomeScreen
  /** A second device uses a copy of this account: PIN1 closes it. */
  | { readonly name: "challenge"; readonly accountId: string; readonly pin: PinEntryState; readonly problem?: Problem }
  | {
      readonly name: "delete-account";
      readonly accountId: string;
      readonly from: "settings" | "elsewhere";
      readonly busy: boolean;
      readonly problem?: Problem;
    }
  | PasskeyScreen
  /** `opened`: from where the person comes back. */
  | { readonly name: "settings"; readonly opened?: SettingsRow | undefined }
  /** `told`: by the server; undefined while it is asked, and where it did not answer. */
  | {
      readonly name: "account-details";
      readonly accountId: string;
      readonly told?: AnswerBody<"getCertificates">;
      readonly asking: boolean;
      readonly trouble?: Problem;
    }
  | { readonly name: "notifications"; readonly accountId: string; readonly test: TestPush }
  /** `build`: undefined while it is looked at. `licences`: their text, or how far it is. */
  | {
      readonly name: "about";
      readonly build: Build | undefined;
      readonly licences?: "loading" | "unreachable" | { readonly text: string };
    }
  /** The old PIN, then the new one twice. Where only the old one was wrong, it alone is asked again. */
  | {
      readonly name: "change-pin";
      readonly accountId: string;
      readonly purpose: Purpose;
      readonly stage: "old" | "choose" | "drawn" | "repeat";
      readonly pin: PinEntryState;
      readonly refusal?: PinRefusal | "differs" | "same_as_before";
      readonly problem?: Problem;
    }
  /** Keys of suites that the account has none of are made under the PIN that it has. */
  | {
      readonly name: "add-keys";
      readonly accountId: string;
      readonly purpose: Purpose;
      readonly pin: PinEntryState;
      readonly problem?: Problem;
    }
  | {
      readonly name: "changing-pin";
      readonly accountId: string;
      readonly purpose: Purpose;
      readonly change: "replace" | "add";
      readonly stage: KeyStage;
      readonly waitsForNetwork: boolean;
    }
  | { readonly name: "pin-changed"; readonly accountId: string; readonly purpose: Purpose; readonly end: PinChangeEnd }
  | HistoryScreen
  /** The account ended; it can be taken off this device. */
  | { readonly name: "closed"; readonly accountId: string; readonly reason: ClosedReason };
