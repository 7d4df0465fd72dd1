// A server that accepts live channels and ends them at once is asked less and less.
import "./support/page.ts";
import { expect, it, vi } from "vitest";
import type { ChannelClient } from "../../src/authenticator/channel-client.ts";
import { LIVE_PROTOCOL } from "../../src/protocol/live-channel.ts";
import { LiveChannel } from "../../src/pwa/live/live-channel.ts";

let openFor = 0;
let opened = 0;

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
    this.dispatchEvent(Object.assign(new Event("message"), { data: "pong" }));
  }
  close(): void {
    this.dispatchEvent(new Event("close"));
  }
}

const client = {
  storage: { read: async () => ({ handle: "h" }) },
  call: async () => ({ ok: true, value: { ticket: "t" } }),
} as unknown as ChannelClient;

/** How often the channel is opened in ten minutes of which it is open that long each time. */
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
