// How people and their accounts are named on the screens.
import type { Purpose } from "../../account/purpose.ts";
import { parseDocumentNumber } from "../../protocol/document-number.ts";
import { parseSemanticsIdentifier } from "../../protocol/semantics-identifier.ts";
import type { AccountView } from "../model/state.ts";

export const pinName = (purpose: Purpose): string => (purpose === "auth" ? "PIN1" : "PIN2");

export const levelName = (level: string): string => (level === "QUALIFIED" ? "Full" : "Basic");

export const fullName = (account: AccountView | undefined): string =>
  account?.owner === undefined ? "Your account" : `${account.owner.givenName} ${account.owner.surname}`;

export function countryName(country: string): string {
  try {
    return new Intl.DisplayNames(["en"], { type: "region" }).of(country) ?? country;
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
