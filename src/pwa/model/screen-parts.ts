// What screens hold: the states of what is on them, and why they are shown. The screens themselves are in state.ts.
import type { Purpose } from "../../account/purpose.ts";
import type { Passkey } from "../../authenticator/device-record.ts";
import type { DeviceLink } from "../../protocol/device-link.ts";
import type { AnswerBody } from "../../protocol/device-messages.ts";

/**
 * What became of a change of a PIN, or (`added`) of keys; `added-one`: those of the other PIN are missing still. `changed-before`: an earlier one had come to its end, and nothing was begun now.
 * `late`: the certificates are not there yet, and the old PIN holds until they are. `given-up`: the old one stands.
 */
export type PinChangeEnd = "changed" | "added" | "added-one" | "changed-before" | "late" | "given-up";

/** What became of a test push; `arrived`: this browser got it. `offline`: our server was not reached. The others as in `testPush`. */
export type TestPush = "idle" | "sending" | "arrived" | "offline" | "failed" | AnswerBody<"testPush">["outcome"];

/** What the settings lead to and come back from. */
export type SettingsRow =
  "account-details" | "notifications" | "practice" | "about" | "passkey" | "delete-account" | `change-pin ${Purpose}`;

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
 * What became of a request; `not-done`: of something else. `interrupted`: the device does not know; the relying party does. `answered-elsewhere`: on
 * another device, or in a window of this browser that could not tell. `app-too-old`: the server and this version do not understand each other. `claimed-elsewhere`: another device has it. `certificate-given`: a certificate choice was confirmed, and nothing
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
  | "not-done"
  | "app-too-old"
  | "account-active"
  | "application-wrong"
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
  | "link-too-many"
  | "link-to-scan";

/** The end of a request, of an enrolment, or of something that did not work. */
export interface OutcomeScreen {
  readonly name: "outcome";
  readonly outcome: OutcomeKind;
  readonly purpose?: Purpose;
  readonly relyingPartyName?: string;
  /** Of the page that began the request, as the engine gave it. */
  readonly returnTo?: string;
  /** Of a request that the person can say of that they did not start it. */
  readonly transactionId?: string;
  /** It was no relying party's. */
  readonly practice?: true;
}

/**
 * `unknown`: the server does not know this account any more. `out_of_step`: this device holds an old copy of an account that is
 * used from elsewhere, and nothing can be proven from here now.
 */
export type ClosedReason = "owner" | "renewed" | "cloned" | "rolled_back" | "expired" | "operator" | "unknown" | "out_of_step";

/** Why the server does not take an identity: the field and the code of its first error; `name`: whatever is wrong with one. */
export type IdentityRefusal =
  | "name"
  | "personalCode-malformed"
  | "personalCode-no_such_date"
  | "personalCode-wrong_check_digit"
  | "personalCode-no_such_birth"
  | "dateOfBirth-no_such_birth"
  | "dateOfBirth-contradiction";

/** Said beside what was being done, which can be tried again. `refused`: the server does not take this way to prove who one is. */
export type Problem =
  | { readonly kind: "unreachable" }
  | { readonly kind: "refused" }
  | { readonly kind: "identity-refused"; readonly reason: IdentityRefusal }
  /** Nobody is told how many are left: only where a challenge is answered. */
  | { readonly kind: "wrong-pin" }
  /** The account's passkey was not used, or was another one: nothing was tried. */
  | { readonly kind: "passkey" }
  /** Another window turned one on, and the one that was made here is of no use. */
  | { readonly kind: "passkey-elsewhere" }
  /** Given up by the server after an hour, or its PIN2 was locked: the person starts again. */
  | { readonly kind: "enrolment-over" }
  /** A PIN of this account is being changed there. */
  | { readonly kind: "other-window" }
  /** An older version of the app has what this browser keeps open. */
  | { readonly kind: "close-others" }
  /** A part of the app did not load, which another window's update may have replaced: the page must be loaded again. */
  | { readonly kind: "reload" }
  /** The words of the language that the person wants are not here. */
  | { readonly kind: "language" }
  /** What this browser keeps does not open. `newer`: a newer version of the app wrote it. */
  | { readonly kind: "storage"; readonly newer: boolean }
  | { readonly kind: "failed" };

export interface PinEntryState {
  /** Digits typed so far. */
  readonly length: number;
  /** `passkey`: the browser asks for the account's passkey, and the digits wait. */
  readonly state: "typing" | "passkey" | "working";
  /** After a wrong PIN; undefined before the first try. */
  readonly attemptsLeft?: number;
}

/** A code is no secret: it stands on the relying party's page. */
export interface CodeTyping {
  /** Typed so far. */
  readonly digits: string;
  /** How many more wrong codes the request survives, after a wrong one; undefined before the first try. */
  readonly triesLeft?: number;
}

/** Of the keys of one PIN. `adding`: the first one is made, further suites follow. */
export type KeyStage = "waiting" | "generating" | "joining" | "proving" | "adding" | "done";
export type KeyProgress = Readonly<Record<Purpose, KeyStage>>;

/**
 * The passkey of an account. `offer`: none yet · `try`: `made` is there and is to be proven, `print` what it gave before, if it gave
 * anything (SHA-256) · `impossible`: not with this browser.
 */
export type PasskeyScreen =
  | {
      readonly name: "passkey";
      readonly accountId: string;
      readonly step: "offer" | "try" | "on" | "turned-off" | "impossible";
      readonly made?: { readonly passkey: Passkey; readonly print: string | undefined };
      /** The shares are being wrapped, or unwrapped. */
      readonly busy: boolean;
      /** The browser asks for it: whoever leaves ends that. */
      readonly prompting?: boolean;
      readonly problem?: Problem;
    }
  /** Whether it is really gone, and what then. */
  | { readonly name: "passkey-lost"; readonly accountId: string };
