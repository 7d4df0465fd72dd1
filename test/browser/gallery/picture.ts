// A picture: a screen, and the state of the app around it, made up.
import type { BrowserFamily } from "../../../src/pwa/model/browser-family.ts";
import type { AppState, Screen } from "../../../src/pwa/model/state.ts";
import type { CameraProblem } from "../../../src/pwa/scanner/camera.ts";

export type ScreenOf<Name extends Screen["name"]> = Extract<Screen, { readonly name: Name }>;

/** Where nothing is said: one account, nothing wrong, in a Chromium without a camera. */
export interface Picture<Name extends Screen["name"]> extends Partial<Omit<AppState, "screen">> {
  readonly screen: ScreenOf<Name>;
  readonly browser?: BrowserFamily;
  readonly camera?: "on" | CameraProblem;
}

export type AnyPicture = { readonly [Name in Screen["name"]]: Picture<Name> }[Screen["name"]];

/** What is special about a picture → the picture. */
export type PicturesOf<Name extends Screen["name"]> = Readonly<Record<string, Picture<Name>>>;

/** Those of some screens, which no screen can be left out of. */
export type Pictures<Names extends Screen["name"]> = { readonly [Name in Names]: PicturesOf<Name> };

/** One for each of the kinds: a table of a union's does not compile without a new one. `about`: before each name. */
export const each = <Kind extends string, Name extends Screen["name"]>(
  kinds: Readonly<Record<Kind, unknown>>,
  picture: (kind: Kind) => Picture<Name>,
  about = "",
): PicturesOf<Name> => Object.fromEntries((Object.keys(kinds) as Kind[]).map((kind) => [`${about}${kind}`, picture(kind)]));
