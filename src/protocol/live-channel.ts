// The live channel: a WebSocket that tells a device that something of its account changed, and never what. The device then asks
// over the sealed channel. Handle and ticket travel as subprotocols, because addresses are logged and headers are not.

/** The subprotocol that the server answers with. */
export const LIVE_PROTOCOL = "tally-live-1";
/** Server to device: ask what changed. */
export const CHANGED = "changed";
/** Device to server, every 20 s while it looks on; anything else that a device sends closes the socket. */
export const PING = "ping";
/** The server's answer, given without waking the account. */
export const PONG = "pong";

/** What a device shows to open the channel. */
export interface LiveOffer {
  /** Names the account. */
  readonly handle: string;
  /** From `openLiveChannel`: 32 random bytes, base64url; good once, for 60 s. */
  readonly ticket: string;
}

/** The subprotocols that a device offers, in this order. */
export const liveProtocols = ({ handle, ticket }: LiveOffer): string[] => [LIVE_PROTOCOL, handle, ticket];

/** Of the header `Sec-WebSocket-Protocol`. Undefined for anything but exactly what `liveProtocols` gives. */
export function readLiveProtocols(header: string | undefined): LiveOffer | undefined {
  const [, handle, ticket] = /^tally-live-1, ?([0-9a-f]{64}), ?([A-Za-z0-9_-]{43})$/.exec(header ?? "") ?? [];
  return handle === undefined || ticket === undefined ? undefined : { handle, ticket };
}
