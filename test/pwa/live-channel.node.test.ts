// A live channel that ends is opened again: less and less often where it ends at once, and soon where it died without a word.
import "./support/page.ts";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { ChannelClient } from "../../src/authenticator/channel-client.ts";
import { LIVE_PROTOCOL } from "../../src/protocol/live-channel.ts";
import { LiveChannel } from "../../src/pwa/live/live-channel.ts";

let openFor = 0;
let opened = 0;
/** Does whatever is sent reach anybody? */
let answers = true;

class Socket extends EventTarget {
  static readonly OPEN = 1;
  readonly protocol = LIVE_PROTOCOL;
  readyState = 0;
  constructor() {
    super();
    opened++;
    setTimeout(() => {
      this.readyState = 1;
      this.dispatchEvent(new Event("open"));
      setTimeout(() => this.dispatchEvent(new Event("close")), openFor);
    }, 1);
  }
  send(): void {
    if (answers) this.dispatchEvent(Object.assign(new Event("message"), { data: "pong" }));
  }
  /** The closing handshake needs the other side too. */
  close(): void {
    if (answers) this.dispatchEvent(new Event("close"));
  }
}

const client = {
  storage: { read: async () => ({ handle: "h" }) },
  call: async () => ({ ok: true, value: { ticket: "t" } }),
} as unknown as ChannelClient;

/** How often the channel is opened in ten minutes, if it ends by itself after so long each time. */
async function openings(milliseconds: number): Promise<number> {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", Socket);
  [openFor, opened] = [milliseconds, 0];
  const channel = new LiveChannel(client, () => undefined);
  channel.open();
  await vi.advanceTimersByTimeAsync(600_000);
  channel.close();
  await vi.advanceTimersByTimeAsync(1);
  vi.useRealTimers();
  return opened;
}

it("pauses grow while the socket ends soon", async () => {
  expect(await openings(50)).toBeLessThan(30);
});

it("pauses start anew after a socket that stayed open", async () => {
  expect(await openings(31_000)).toBeGreaterThan(16);
});

it("nothing is asked for while a PIN is at work: its request would be settled here, and its worker told nothing", async () => {
  const work = Promise.withResolvers<void>();
  const call = vi.fn<() => Promise<unknown>>(async () => ({ ok: false, failure: { code: "no_account" } }));
  const asking = { ...client, call } as unknown as ChannelClient;
  const channel = new LiveChannel(
    asking,
    () => undefined,
    () => work.promise,
  );
  channel.open();
  await Promise.resolve();
  expect(call).not.toHaveBeenCalled();
  work.resolve();
  await vi.waitFor(() => expect(call).toHaveBeenCalledOnce());
  channel.close();
});

describe("a channel that does not end by itself", () => {
  const FOR_EVER = 3_600_000;
  afterEach(() => {
    answers = true;
  });

  it("is left open while its pings are answered", async () => {
    expect(await openings(FOR_EVER)).toBe(1);
  });

  it("is opened again where a ping was not, though the dead connection never closes", async () => {
    answers = false;
    // 40 s to notice, and a second at most to begin anew.
    expect(await openings(FOR_EVER)).toBeGreaterThanOrEqual(14);
  });
});
