// How people and their accounts are named on the screens.
import type { Purpose } from "../../account/purpose.ts";
import { parseDocumentNumber } from "../../protocol/document-number.ts";
import { parseSemanticsIdentifier } from "../../protocol/semantics-identifier.ts";
import { locale, text } from "../language/text.ts";
import type { AccountView, AppState, KeyState } from "../model/state.ts";

export const pinName = (purpose: Purpose): string => text(`pinName.${purpose}`);

/** What the other PIN does while this one does not work; undefined where it does not work either. `now`: by the server's clock. */
export function otherPinDoes(state: KeyState | undefined, purpose: Purpose, now: number): string | undefined {
  const other = state?.pins[purpose === "auth" ? "sign" : "auth"];
  if (other?.state === "dead" || (other?.state === "locked" && now < other.lockedUntil)) return undefined;
  return text(purpose === "auth" ? "locked.stillSigns" : "locked.stillLogsIn");
}

export const levelName = (level: string): string => text(level === "QUALIFIED" ? "level.full" : "level.basic");

export const fullName = (account: AccountView | undefined): string =>
  account?.owner === undefined ? text("account.unnamed") : `${account.owner.givenName} ${account.owner.surname}`;

export function countryName(country: string): string {
  try {
    return new Intl.DisplayNames([locale()], { type: "region" }).of(country) ?? country;
  } catch {
    return country;
  }
}

/** `Estonia, 40504040001`. What cannot be read is shown as it is. */
export function personalCode(semanticsIdentifier: string): string {
  const parsed = parseSemanticsIdentifier(semanticsIdentifier);
  return parsed === undefined ? semanticsIdentifier : `${parsed.identifier} (${countryName(parsed.country)})`;
}

/** What tells accounts of one name apart: `Full · •••• K2GN`. */
export const accountFacts = ({ state }: AccountView): string =>
  `${levelName(state?.level ?? "")} · ${maskedDocumentNumber(state?.documentNumber ?? "")}`;

/**
 * Whose account something is about, where this browser has several: a PIN in the wrong one's screen costs its owner an attempt, and the
 * right one signs in the wrong name. Undefined where there is only one.
 */
export function whoseAccount({ accounts }: AppState, accountId: string): string | undefined {
  const account = accounts.find(({ id }) => id === accountId);
  if (accounts.length < 2 || account === undefined) return undefined;
  return account.state === undefined ? fullName(account) : `${fullName(account)} · ${accountFacts(account)}`;
}

/** The same for what is of the person, whichever of their accounts it was reached from. */
export const whosePerson = ({ accounts }: AppState, accountId: string): string | undefined =>
  accounts.length < 2 ? undefined : fullName(accounts.find(({ id }) => id === accountId));

/** Nothing of the code but its country: bystanders read screens, too. */
export function maskedPersonalCode(semanticsIdentifier: string): string {
  const country = parseSemanticsIdentifier(semanticsIdentifier)?.country;
  return country === undefined ? "••••••••" : `•••••••• (${countryName(country)})`;
}

/** The number of an account holds the personal code: only what tells a person's accounts apart is left. */
export function maskedDocumentNumber(documentNumber: string): string {
  const suffix = parseDocumentNumber(documentNumber)?.suffix;
  return suffix === undefined ? "••••" : `•••• ${suffix}`;
}
