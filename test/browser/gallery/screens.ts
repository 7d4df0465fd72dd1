// All pictures. A screen without one does not compile.
import type { Screen } from "../../../src/pwa/model/state.ts";
import { ENDINGS } from "./endings.ts";
import { ENROLMENT } from "./enrolment.ts";
import { HISTORY } from "./history.ts";
import { HOME } from "./home.ts";
import type { AnyPicture, Pictures } from "./picture.ts";
import { PIN_CHANGE } from "./pin-change.ts";
import { LINKED, REQUESTS } from "./requests.ts";
import { SETTINGS } from "./settings.ts";

const SCREENS: Pictures<Screen["name"]> = {
  ...ENROLMENT,
  ...HOME,
  ...REQUESTS,
  ...LINKED,
  ...ENDINGS,
  ...SETTINGS,
  ...PIN_CHANGE,
  ...HISTORY,
};

/** By the screen's name and what is special about it. */
export const PICTURES: ReadonlyMap<string, AnyPicture> = new Map(
  Object.entries<Readonly<Record<string, AnyPicture>>>(SCREENS).flatMap(([screen, pictures]) =>
    Object.entries(pictures).map(([about, picture]) => [`${screen} ${about}`, picture] as const),
  ),
);
