// From what somebody typed to the name under which the API knows a person (ETSI EN 319 412-1): `PNOEE-40504040001`.
import { COUNTRIES } from "./countries.ts";

/** Check digits are for the service to judge: a code that nobody has is unknown to it. */
const PERSONAL_CODE = /^[A-Z0-9](?:[A-Z0-9-]{0,28}[A-Z0-9])?$/;

/** Undefined for a country that is not offered, and for what no personal code looks like. */
export function semanticsIdentifierOf(country: string, typed: string): string | undefined {
  const compact = typed.replaceAll(/\s/g, "").toUpperCase();
  // Latvia writes its codes with a hyphen, people often without.
  const code = country === "LV" && /^\d{11}$/.test(compact) ? `${compact.slice(0, 6)}-${compact.slice(6)}` : compact;
  const known = COUNTRIES.some(([offered]) => offered === country) && PERSONAL_CODE.test(code);
  return known ? `PNO${country}-${code}` : undefined;
}
