// Scanning: a code is sent with the account whose home it was begun from. What is no request of this server, or an old one, is said, and
// scanning goes on.
import { claimLink, attemptedWith } from "./device-links.ts";
import { readLink } from "./arriving-link.ts";
import { consequenceOf } from "./consequence.ts";
import { follow, goHome, isActive, type Model } from "./model.ts";
import type { ArrivedLink, ScanRemark } from "./screen-parts.ts";
import { showClaimed } from "./transactions.ts";

/** What was seen since scanning began: a code stays in front of the camera for many pictures. */
export interface Seen {
  /** The last one that was judged. */
  text: string;
  /** Sessions that are over, whose pages go on drawing codes. */
  readonly over: Set<string>;
}

export function scan({ store, seen }: Model): void {
  const account = store.state.accounts.find(({ id }) => id === store.state.selected);
  if (account === undefined || !isActive(account)) return;
  seen.text = "";
  seen.over.clear();
  store.go({ name: "scan", accountId: account.id, busy: false });
}

/** Again only where it was not judged, or another code was seen in between. */
export async function codeRead(model: Model, text: string): Promise<void> {
  const { store, seen } = model;
  const { screen } = store;
  if (screen.name !== "scan" || screen.busy || text === seen.text) return;
  seen.text = text;
  const link = readLink(text);
  if (typeof link === "string") return remark(model, link);
  // A link for the device that it is shown on leads back to a page of that device, not of this one.
  if (link.deviceLinkType !== "QR") return remark(model, "no-request");
  if (seen.over.has(link.sessionToken)) return remark(model, "over");
  await openScanned(model, screen.accountId, link);
}

async function openScanned(model: Model, accountId: string, link: ArrivedLink): Promise<void> {
  const { store, seen } = model;
  store.stay({ name: "scan", accountId, busy: true });
  const here = store.visit();
  const claimed = await claimLink(model, accountId, link);
  if (!here()) return;
  if (claimed.ok) return showClaimed(model, accountId, claimed.value);
  const { failure } = claimed;
  switch (failure.code) {
    case "unreachable":
      // The next picture may get through.
      seen.text = "";
      return remark(model, "unreachable");
    case "stale_link":
      return remark(model, "stale");
    case "no_such_link":
      seen.over.add(link.sessionToken);
      return remark(model, "over");
    case "not_for_this_account":
      return store.go({ name: "link-accounts", link, tried: [accountId], rescan: true });
    default:
      return follow(model, accountId, consequenceOf(failure, attemptedWith(accountId, link)), () => goHome(model));
  }
}

function remark({ store }: Model, said: ScanRemark): void {
  const { screen } = store;
  if (screen.name === "scan") store.stay({ name: "scan", accountId: screen.accountId, busy: false, remark: said });
}
