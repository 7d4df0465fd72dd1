// Which browser this is, as far as its own words for its settings go. For explaining alone: nothing of the app works otherwise for it.

/** `ios-browser`: every browser of an iPhone or iPad · `ios-app`: there, from the home screen. */
export type BrowserFamily = "ios-browser" | "ios-app" | "android" | "firefox" | "safari" | "chromium";

interface Told {
  readonly userAgent: string;
  /** An iPad says that it is a Mac; a Mac has no touch screen. */
  readonly touchPoints: number;
  readonly fromHomeScreen: boolean;
}

export function familyOf({ userAgent, touchPoints, fromHomeScreen }: Told): BrowserFamily {
  const isIos = /iPhone|iPad|iPod/.test(userAgent) || (userAgent.includes("Macintosh") && touchPoints > 1);
  if (isIos) return fromHomeScreen ? "ios-app" : "ios-browser";
  if (userAgent.includes("Firefox/")) return "firefox";
  if (userAgent.includes("Android")) return "android";
  return userAgent.includes("Chrome/") ? "chromium" : "safari";
}

export const browserFamily = (): BrowserFamily =>
  familyOf({
    userAgent: navigator.userAgent,
    touchPoints: navigator.maxTouchPoints,
    fromHomeScreen: matchMedia("(display-mode: standalone)").matches,
  });
