// What stands in the way on this device: an app that the server does not understand any more, a clock that is wrong, a browser that may
// throw the accounts away. Each with the way to mend it; nothing is said where nothing is wrong, or nothing is known.
import { locale, text } from "../language/text.ts";
import { type BrowserFamily, browserFamily } from "../model/browser-family.ts";
import type { Actions } from "../model/person-actions.ts";
import type { AccountView, AppState } from "../model/state.ts";
import { Notice } from "./notice.tsx";
import { OperatorContact } from "./operator.tsx";

interface OfApp {
  readonly state: Pick<AppState, "tooOld" | "storage" | "installable" | "operator">;
  readonly actions: Pick<Actions, "update" | "keepStorage" | "install">;
}

export const TooOldNotice = ({ state: { tooOld, operator }, actions }: OfApp) =>
  !tooOld ? null : (
    <Notice
      tone="care"
      icon="renew"
      title={text("outcome.app-too-old.heading")}
      action={{ name: text("home.updateNow"), go: actions.update }}
    >
      <p>{text("home.tooOldWords")}</p>
      <OperatorContact operator={operator} />
    </Notice>
  );

const MINUTE_MS = 60_000;
/** Clocks that are set by hand are off by less. */
const TOLERATED_MS = 2 * MINUTE_MS;

export function ClockNotice({ account: { clockSkew } }: { readonly account: Pick<AccountView, "clockSkew"> }) {
  if (Math.abs(clockSkew) <= TOLERATED_MS) return null;
  return (
    <Notice tone="calm" icon="clock" title={text("clock.wrong")}>
      <p>{text("clock.words", { way: clockSkew < 0 ? "ahead" : "behind", time: about(Math.abs(clockSkew)) })}</p>
      <p>{text("clock.mend")}</p>
    </Notice>
  );
}

/** `5 minutes`, `2 hours`, `400 days`: whatever is not too fine to be read. */
export function about(milliseconds: number): string {
  const [minutes, hours] = [milliseconds / MINUTE_MS, milliseconds / MINUTE_MS / 60];
  const [amount, unit] = hours >= 48 ? [hours / 24, "day"] : minutes >= 120 ? [hours, "hour"] : [minutes, "minute"];
  return new Intl.NumberFormat(locale(), { style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 0 }).format(amount);
}

export function StorageNotice({ state: { storage, installable }, actions }: OfApp) {
  if (storage === undefined || storage === "kept") return null;
  const family = browserFamily();
  const refused = storage === "refused";
  const action =
    refused && installable
      ? { name: text("install.row"), go: actions.install }
      : { name: text(refused ? "storage.askAgain" : "storage.keep"), go: actions.keepStorage };
  return (
    <Notice tone="calm" icon="save" title={text("storage.loose")} action={action}>
      <p>{text(FORGETS_WITH_TIME.includes(family) ? "storage.wordsWithTime" : "storage.words")}</p>
      <div role="status">{refused && <p>{text(installable ? "storage.mendInstall" : `storage.mend.${family}`)}</p>}</div>
    </Notice>
  );
}

/** WebKit, after seven days of use without a visit to the site: https://webkit.org/tracking-prevention/#intelligent-tracking-prevention-itp */
const FORGETS_WITH_TIME: readonly BrowserFamily[] = ["ios-browser", "safari"];
