// What the page asks of the key worker, and what comes back. PINs travel as buffers that are transferred, never copied: after that
// the page has none. Everything else is plain data.
import type { Purpose } from "../../account/purpose.ts";
import type { Result } from "../../account/result.ts";
import type { ChannelFailure, Settled } from "../../authenticator/channel-client.ts";
import type { Passkey } from "../../authenticator/device-record.ts";
import type { EnrolmentStep } from "../../authenticator/enrolment.ts";
import type { PasskeyChangeFailure } from "../../authenticator/passkey-wrap.ts";
import type { ReKeyFailure } from "../../authenticator/re-key.ts";
import type { TransactionFailure } from "../../authenticator/transactions.ts";
import type { SignedTransaction } from "../../protocol/claimed-transaction.ts";
import type { PinRefusal } from "../../split-key/pin-rules.ts";
import type { Unreachable } from "../reached.ts";

/** Digits in ASCII, the whole buffer. */
export type PinBuffer = ArrayBuffer;
/** What the account's passkey gave for this one job: 32 bytes, the whole buffer, transferred like a PIN. */
export type PasskeyBuffer = ArrayBuffer;

/** The account's passkey was not used, or another one was: nothing was tried. */
export interface PasskeyFailure {
  readonly code: "passkey_needed";
}

export type Challenge = NonNullable<Extract<ChannelFailure, { code: "out_of_step" }>["challenge"]>;

export interface Jobs {
  /** May this PIN be chosen, by the person of that code? `dateOfBirth`: `YYYY-MM-DD`, where the person stated it. */
  readonly "check-pin": {
    readonly input: {
      readonly purpose: Purpose;
      readonly pin: PinBuffer;
      readonly otherPin?: PinBuffer;
      readonly semanticsIdentifier?: string;
      readonly dateOfBirth?: string;
    };
    readonly result: Result<undefined, PinRefusal>;
  };
  /** All keys of an identified account. Waits for the network as long as it takes. */
  readonly "make-keys": {
    readonly input: { readonly accountId: string; readonly pins: Readonly<Record<Purpose, PinBuffer>> };
    readonly result: Result<undefined, ChannelFailure>;
  };
  readonly approve: {
    readonly input: {
      readonly accountId: string;
      readonly claimed: SignedTransaction;
      readonly pin: PinBuffer;
      readonly passkey?: PasskeyBuffer;
    };
    readonly result: Result<undefined, TransactionFailure | Unreachable | PasskeyFailure>;
  };
  readonly "answer-challenge": {
    readonly input: {
      readonly accountId: string;
      readonly challenge: Challenge;
      readonly pin: PinBuffer;
      readonly passkey?: PasskeyBuffer;
    };
    readonly result: Result<undefined, TransactionFailure | Unreachable | PasskeyFailure>;
  };
  /** New keys of a purpose under a new PIN. Waits for the network as long as it takes. */
  readonly "change-pin": {
    readonly input: {
      readonly accountId: string;
      readonly purpose: Purpose;
      readonly oldPin: PinBuffer;
      readonly newPin: PinBuffer;
      readonly passkey?: PasskeyBuffer;
    };
    readonly result: Result<undefined, ReKeyFailure | PasskeyFailure>;
  };
  /** The keys that the account lacks, under the PIN that it has. The same. */
  readonly "add-keys": {
    readonly input: {
      readonly accountId: string;
      readonly purpose: Purpose;
      readonly pin: PinBuffer;
      readonly passkey?: PasskeyBuffer;
    };
    readonly result: Result<undefined, ReKeyFailure | PasskeyFailure>;
  };
  /** The shares open with this passkey alone from now on. No PIN is needed: the mask stays as it is. */
  readonly "add-passkey": {
    readonly input: { readonly accountId: string; readonly named: Passkey; readonly passkey: PasskeyBuffer };
    readonly result: Result<undefined, PasskeyChangeFailure>;
  };
  readonly "remove-passkey": {
    readonly input: { readonly accountId: string; readonly passkey: PasskeyBuffer };
    readonly result: Result<undefined, PasskeyChangeFailure | PasskeyFailure>;
  };
}

export type JobName = keyof Jobs;

/**
 * What a worker is told ahead of its job: the request that is in front of the person. Nothing of it is secret, and nothing comes back.
 */
export interface Ahead {
  readonly accountId: string;
  readonly claimed: SignedTransaction;
}

export type KeyWorkProgress = EnrolmentStep | { readonly step: "waiting-for-network" };

export type Report<Name extends JobName> =
  | { readonly progress: KeyWorkProgress }
  /** An interrupted request of the account, whose fate the job learned on its way. */
  | { readonly settled: Settled }
  | { readonly result: Jobs[Name]["result"] }
  | { readonly broken: string };

/** The buffers of a job, PINs and what a passkey gave, which are transferred. */
export function pinsOf(input: Jobs[JobName]["input"]): readonly PinBuffer[] {
  const values: readonly unknown[] = Object.values(input);
  return [...values, ...values.flatMap((value) => (isPlain(value) ? (Object.values(value) as unknown[]) : []))].filter(
    (value) => value instanceof ArrayBuffer,
  );
}

/** Those that were not transferred. */
export function wipePins(input: Jobs[JobName]["input"]): void {
  for (const pin of pinsOf(input)) wipe(pin);
}

/** A buffer that was transferred has no bytes any more. */
export function wipe(pin: PinBuffer): void {
  if (pin.byteLength > 0) new Uint8Array(pin).fill(0);
}

const isPlain = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !(value instanceof ArrayBuffer);
