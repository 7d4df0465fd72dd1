// The countries that can be chosen, and what the form must know of their personal codes. The server judges the codes.
import { text } from "../language/text.ts";

/** Codes of these are checked in full; they come first. */
const CHECKED = ["EE", "LV", "LT", "BE"] as const;

/** The rest of the European Economic Area and its neighbours, whose codes are taken as they are. */
const OTHERS =
  "AD AL AT BA BG CH CY CZ DE DK ES FI FR GB GR HR HU IE IS IT LI LU MC MD ME MK MT NL NO PL PT RO RS SE SI SK SM UA".split(" ");

export const COUNTRIES: readonly string[] = [...CHECKED, ...OTHERS];
export const COUNTRIES_FIRST: readonly string[] = CHECKED;
export const COUNTRIES_AFTER: readonly string[] = OTHERS;

/** The country of the first preferred language that has one here: `et` is spoken in Estonia, `nl-BE` in Belgium. */
export function likelyCountry(languages: readonly string[] = []): string {
  for (const language of languages) {
    const region = regionOf(language);
    if (region !== undefined && COUNTRIES.includes(region)) return region;
  }
  return "EE";
}

function regionOf(language: string): string | undefined {
  try {
    return new Intl.Locale(language).maximize().region;
  } catch {
    return undefined;
  }
}

/** Whether the date of birth has to be asked. Latvian codes that begin with 32 to 39 hold none, all other checked ones do. */
export function holdsDateOfBirth(country: string, personalCode: string): boolean {
  if (country === "LV") return !/^\s*3[2-9]/.test(personalCode);
  return COUNTRIES_FIRST.includes(country);
}

export function personalCodeHint(country: string): string {
  switch (country) {
    case "EE":
    case "LT":
      return text("identity.codeDigits");
    case "LV":
      return text("identity.codeHyphen");
    case "BE":
      return text("identity.codePlain");
    default:
      return text("identity.codeOther");
  }
}

/** A keyboard of digits is enough. */
export const isDigitsOnly = (country: string): boolean => country === "EE" || country === "LT" || country === "BE";
