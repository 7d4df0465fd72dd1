// What a client is made with, and whether that can be.
import type { Clock } from "../clock.ts";
import { utf8 } from "../encoding.ts";

export interface ClientOptions {
  /**
   * Address of the API up to and with `/v3`, for example `https://id.example.com/v3`; a slash at its end does no harm. https, but on
   * one's own machine.
   */
  readonly baseUrl: string;
  readonly relyingPartyUUID: string;
  /** At most 32 bytes of UTF-8. The exact text is part of what is signed. */
  readonly relyingPartyName: string;
  /** For whom a broker acts: as the operator registered it; empty otherwise. */
  readonly brokeredRelyingPartyName?: string;
  /** Sent as `Authorization: Bearer`. */
  readonly credential?: string;
  /** First field of what is signed: `smart-id` where it is not given, `smart-id-demo` at some demonstration services. */
  readonly schemeName?: string;
  /** In place of the global one: for a proxy, or tests. */
  readonly fetch?: (address: string, init: RequestInit) => Promise<Response>;
  readonly clock?: Clock;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const NAME_BYTES = 32;
/** What a header can carry (RFC 9110 §5.5), without spaces. */
const CREDENTIAL = /^[\x21-\x7e]+$/;
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** The address without slashes at its end. Throws for options that no API could take. */
export function checkedBase({ baseUrl, relyingPartyUUID, relyingPartyName, credential }: ClientOptions): string {
  if (!UUID.test(relyingPartyUUID)) throw new TypeError("relyingPartyUUID is not a UUID");
  const bytes = utf8(relyingPartyName).length;
  if (bytes === 0 || bytes > NAME_BYTES) throw new TypeError(`relyingPartyName has 1 to ${NAME_BYTES} bytes`);
  if (credential !== undefined && !CREDENTIAL.test(credential)) {
    throw new TypeError("credential: printable ASCII without spaces and line ends");
  }
  const { protocol, hostname, username, password, search, hash } = new URL(baseUrl);
  if ((protocol !== "https:" && protocol !== "http:") || search !== "" || hash !== "") {
    throw new TypeError("baseUrl: an http or https address without query and fragment");
  }
  if (username !== "" || password !== "") throw new TypeError("baseUrl: without user name and password, no request takes them");
  // Whoever is on the way would read whom a login is about, and the secret of its link.
  if (protocol === "http:" && !LOOPBACK.test(hostname)) throw new TypeError("baseUrl: https, except on one's own machine");
  return baseUrl.replace(/\/+$/, "");
}
