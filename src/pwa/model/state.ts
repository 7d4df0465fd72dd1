// What the app shows, as one value: the screen, and the accounts on this device. Screens are functions of it (views/), actions
// change it (actions.ts); nothing of a PIN is in it but how many digits were typed.
import type { Purpose } from "../../account/purpose.ts";
import type { Owner } from "../../authenticator/device-record.ts";
import type { Presentation } from "../../authenticator/presentation.ts";
import type { ListedTransaction } from "../../authenticator/transactions.ts";
import type { DeviceLink } from "../../protocol/device-link.ts";
import type { CertificateChoice, ClaimedTransaction, ShownTransaction } from "../../protocol/claimed-transaction.ts";
import type { AnswerBody } from "../../protocol/device-messages.ts";
import type { PinRefusal } from "../../split-key/pin-rules.ts";

export interface AppState {
  readonly screen: Screen;
  /** In the order in which they were made. */
  readonly accounts: readonly AccountView[];
  /** Whose home is shown; undefined while there is none. */
  readonly selected: string | undefined;
  /** What the browser says of its network. */
  readonly online: boolean;
  readonly notifications: NotificationState;
  /** A new version of the app waits for a reload. */
  readonly updateReady: boolean;
  /** Ids of notices that the person has read: not shown any more, whether or not the server has heard of it. */
  readonly understood: readonly string[];
}

/** `off`: can be asked for · `unavailable`: no push service here, or none that answers. */
export type NotificationState = "on" | "off" | "denied" | "unavailable";

export type KeyState = AnswerBody<"getKeyState">;
export type Application = Extract<ClaimedTransaction, { kind: "application" }>;

/** An account on this device, as the server last described it. */
export interface AccountView {
  /** This browser's own name for it. */
  readonly id: string;
  readonly owner: Owner | undefined;
  /** Undefined until the server was first reached. Kept for offline starts. */
  readonly state: KeyState | undefined;
  /** Milliseconds that the server's clock is ahead of this device's. */
  readonly clockSkew: number;
  readonly waiting: readonly ListedTransaction[];
  /** Id of the account that this one was made to renew, which is closed when this one is active; absent for none. */
  readonly renews?: string | undefined;
  /** Document number of the account that this app closed because this one takes its place; absent for none. */
  readonly renewed?: string | undefined;
}

export type Screen =
  /** Until storage was read, and until the server says where an enrolment goes on. */
  | { readonly name: "starting"; readonly problem?: Problem }
  /** No account here, or another one wanted. `canGoBack`: there is a home to return to. */
  | { readonly name: "welcome"; readonly canGoBack: boolean }
  | { readonly name: "identity"; readonly busy: boolean; readonly problem?: Problem }
  | {
      readonly name: "choose-pin";
      readonly purpose: Purpose;
      readonly stage: "choose" | "repeat";
      readonly pin: PinEntryState;
      readonly refusal?: PinRefusal | "differs";
      readonly problem?: Problem;
    }
  | { readonly name: "making-keys"; readonly progress: KeyProgress; readonly waitsForNetwork: boolean }
  /** PIN2 confirms name, personal code and terms; then certificates are issued (`pin.state` = "working"). */
  | { readonly name: "application"; readonly application: Application; readonly pin: PinEntryState; readonly problem?: Problem }
  /** `nothing`: no transaction found. */
  | { readonly name: "home"; readonly check: "idle" | "checking" | "nothing" | "unreachable" }
  /** What the relying party asks, before any PIN. `codes`: three to choose from, one of them right. */
  | {
      readonly name: "transaction";
      readonly accountId: string;
      readonly claimed: ShownTransaction;
      readonly shown: Presentation;
      readonly codes?: readonly string[];
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
  | {
      readonly name: "outcome";
      readonly outcome: OutcomeKind;
      readonly purpose?: Purpose;
      readonly relyingPartyName?: string;
      /** Of the page that began the request, as the engine gave it. */
      readonly returnTo?: string;
    }
  /** A second device uses a copy of this account: PIN1 closes it. */
  | { readonly name: "challenge"; readonly accountId: string; readonly pin: PinEntryState; readonly problem?: Problem }
  | { readonly name: "delete-account"; readonly accountId: string; readonly busy: boolean; readonly problem?: Problem }
  /** The account ended; it can be taken off this device. */
  | { readonly name: "closed"; readonly accountId: string; readonly reason: ClosedReason };

/** A device link as it was opened. */
export interface ArrivedLink extends Pick<DeviceLink, "deviceLinkType" | "sessionType" | "sessionToken"> {
  /** As it came: the server judges every byte. */
  readonly text: string;
}

/**
 * What is said of a code while scanning goes on. `foreign`: of another server. `no-request`: no code of this kind at all. `over`: its
 * request waits no longer.
 */
export type ScanRemark = "foreign" | "no-request" | "stale" | "over" | "unreachable";

/**
 * What became of a request. `interrupted`: the device does not know; the relying party does. `answered-elsewhere`: in another window or
 * on another device. `claimed-elsewhere`: another device has it. `certificate-given`: a certificate choice was confirmed, and nothing
 * follows. `waiting-stopped`, `nothing-came`: no signature followed one, by the person's wish or the relying party's. The `link-…` ones
 * never became a request.
 */
export type OutcomeKind =
  | "confirmed"
  | "refused"
  | "wrong-code"
  | "timed-out"
  | "answered-elsewhere"
  | "claimed-elsewhere"
  | "not-presentable"
  | "failed"
  | "account-active"
  | "interrupted"
  | "not-supported"
  | "key-missing"
  | "certificate-given"
  | "waiting-stopped"
  | "nothing-came"
  | "link-broken"
  | "link-over"
  | "link-stale"
  | "link-forged"
  | "link-not-mine"
  | "link-must-wait"
  | "link-to-scan";

/**
 * `unknown`: the server does not know this account any more. `out_of_step`: this device holds an old copy of an account that is
 * used from elsewhere, and nothing can be proven from here now.
 */
export type ClosedReason = "owner" | "renewed" | "cloned" | "rolled_back" | "expired" | "operator" | "unknown" | "out_of_step";

/** Said beside what was being done, which can be tried again. `detail`: the server's own words, where it gave any. */
export type Problem =
  | { readonly kind: "unreachable" }
  | { readonly kind: "refused"; readonly detail: string }
  /** Nobody is told how many are left: only where a challenge is answered. */
  | { readonly kind: "wrong-pin" }
  /** Given up by the server after an hour, or its PIN2 was locked: the person starts again. */
  | { readonly kind: "enrolment-over" }
  /** A part of the app did not load, which another window's update may have replaced: the page must be loaded again. */
  | { readonly kind: "reload" }
  /** What this browser keeps does not open. `newer`: a newer version of the app wrote it. */
  | { readonly kind: "storage"; readonly newer: boolean }
  | { readonly kind: "failed" };

export interface PinEntryState {
  /** Digits typed so far. */
  readonly length: number;
  readonly state: "typing" | "working";
  /** After a wrong PIN; undefined before the first try. */
  readonly attemptsLeft?: number;
}

/** Of the keys of one PIN. `adding`: the first one is made, further suites follow. */
export type KeyStage = "waiting" | "generating" | "joining" | "proving" | "adding" | "done";
export type KeyProgress = Readonly<Record<Purpose, KeyStage>>;
