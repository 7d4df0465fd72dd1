// What became of a change of a PIN that nobody could be told of: the page was reloaded, left, or lost its network in the middle. Pure.
import { standingVersion } from "../../authenticator/re-key.ts";
import type { PinChange } from "../storage/accounts.ts";
import type { AccountView, Screen } from "./state.ts";

/**
 * `late`: the new keys are proven, and their certificates on their way. Until then the old PIN holds. `unknown`: the server was not heard
 * since; what it said before tells nothing of the last proof, whose answer may be what was lost.
 */
export type PinChangeNews = "changed" | "unchanged" | "late" | "unknown";

/**
 * By what the server last said. Undefined where nothing was begun, where a window is at it, and where no PIN of that purpose is left.
 */
export function pinChangeNews({ pinChange, pinChangeIs, state }: AccountView): PinChangeNews | undefined {
  if (pinChange === undefined || state === undefined || pinChangeIs === "going-on") return undefined;
  if (pinChangeIs !== "heard") return "unknown";
  const { purpose, keyVersion } = pinChange;
  const standing = standingVersion(state, purpose);
  if (standing === 0) return undefined;
  if (standing > keyVersion) return "changed";
  return state.reKey?.purpose === purpose && state.reKey.state === "issuing" ? "late" : "unchanged";
}

export const isSameChange = (one: PinChange | undefined, other: PinChange | undefined): boolean =>
  one?.purpose === other?.purpose && one?.keyVersion === other?.keyVersion && one?.begunAt === other?.begunAt;

/** Before the first step of a new key, and while the network is away: nothing is lost by going. */
export const canLeaveChange = ({ stage, waitsForNetwork }: Extract<Screen, { name: "changing-pin" }>): boolean =>
  waitsForNetwork || stage === "waiting";
