// A device link in the page's own address: taken out of it at once, so that neither the history nor a reload has it, and kept for the
// tab until the server has answered it, so that a reload on the way loses nothing.
import { parseDeviceLink } from "../../protocol/device-link.ts";
import { forgetTab, readTab, writeTab } from "../storage/tab-storage.ts";
import type { ArrivedLink } from "./screen-parts.ts";

const LINK_PATH = "/device-link";

/** A session waits no longer for its person. */
const LIFE_MS = 3 * 60_000;

export interface Arrival {
  readonly text: string;
  /** It may be on its way to the server already, for this account. */
  readonly sentWith?: string;
}

/** From the address, or what a reload interrupted. To be called first of all. */
export function takeLink(now: number): Arrival | undefined {
  const { href, pathname, search } = location;
  if (pathname === LINK_PATH) {
    if (search === "") forgetTab("link");
    else writeTab("link", { text: href, at: now });
    history.replaceState(null, "", "/");
    return search === "" ? undefined : { text: href };
  }
  return keptLink(now);
}

function keptLink(now: number): Arrival | undefined {
  const kept = readTab("link");
  if (typeof kept !== "object" || kept === null) return undefined;
  const { text, at, sentWith } = kept as Readonly<Record<"text" | "at" | "sentWith", unknown>>;
  if (typeof text !== "string" || typeof at !== "number" || !(now - at >= 0 && now - at < LIFE_MS)) {
    forgetTab("link");
    return undefined;
  }
  return { text, ...(typeof sentWith === "string" && { sentWith }) };
}

/** It is opened with that account now; undefined: with none any more. */
export function noteSent(sentWith: string | undefined): void {
  const kept = readTab("link");
  if (typeof kept === "object" && kept !== null) writeTab("link", { ...kept, sentWith });
}

/** The server has answered, or the person turned away from it. */
export const dropLink = (): void => forgetTab("link");

/** The one spelling, and of this server; else what is wrong with it. */
export function readLink(text: string): ArrivedLink | "foreign" | "no-request" {
  const link = parseDeviceLink(text);
  if (link === undefined) return "no-request";
  if (link.deviceLinkBase !== `${location.origin}${LINK_PATH}`) return "foreign";
  const { deviceLinkType, sessionType, sessionToken } = link;
  return { text, deviceLinkType, sessionType, sessionToken };
}
