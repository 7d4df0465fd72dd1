// A device that looks on: the live channel as a browser opens it, and what came over it.
import { exports } from "cloudflare:workers";
import { expect, vi } from "vitest";
import { LIVE_PROTOCOL, liveProtocols } from "../../src/protocol/live-channel.ts";
import type { HeadlessDevice } from "./headless-device.ts";

export const requestLive = (protocols: string, headers: Record<string, string> = {}): Promise<Response> =>
  exports.default.fetch("http://localhost:8787/device/live", {
    headers: { upgrade: "websocket", "sec-websocket-protocol": protocols, ...headers },
  });

export async function ticketOf(device: HeadlessDevice): Promise<string> {
  const answer = await device.client.call("openLiveChannel", () => ({}));
  if (!answer.ok) throw new Error(JSON.stringify(answer.failure));
  return answer.value.ticket;
}

export const protocolsOf = async (device: HeadlessDevice, ticket: string): Promise<string> =>
  liveProtocols({ handle: (await device.storage.read())?.handle ?? "", ticket }).join(", ");

/** For a slow machine; nothing is measured. */
const PATIENCE = { timeout: 20_000 };

export interface LiveSocket {
  readonly socket: WebSocket;
  readonly received: string[];
  /** The code with which the server closed it; undefined while it is open. */
  closedWith: number | undefined;
  /** Resolves when exactly that has come in. */
  readonly hears: (...messages: readonly string[]) => Promise<void>;
  /** Resolves when the server closed it with that code. */
  readonly isClosed: (code: number) => Promise<void>;
}

export async function openLive(device: HeadlessDevice): Promise<LiveSocket> {
  const response = await requestLive(await protocolsOf(device, await ticketOf(device)));
  expect({ status: response.status, protocol: response.headers.get("sec-websocket-protocol") }).toEqual({
    status: 101,
    protocol: LIVE_PROTOCOL,
  });
  const socket = response.webSocket;
  if (socket === null) throw new Error("no socket");
  socket.accept();
  const received: string[] = [];
  const live: LiveSocket = {
    socket,
    received,
    closedWith: undefined,
    hears: (...messages) => vi.waitFor(() => expect(received).toEqual(messages), PATIENCE),
    isClosed: (code) => vi.waitFor(() => expect(live.closedWith).toBe(code), PATIENCE),
  };
  socket.addEventListener("message", ({ data }) => void received.push(String(data)));
  socket.addEventListener("close", ({ code }) => void (live.closedWith = code));
  return live;
}
