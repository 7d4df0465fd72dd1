// The sockets of devices that look on: told that something changed, never what. They hibernate: an account that nothing happens to
// costs nothing, and pings are answered without waking it. Nothing that comes in over them is acted on.
import { CHANGED, PING, PONG } from "../../src/protocol/live-channel.ts";
import type { AccountContext } from "./account-context.ts";

const MAXIMUM_SOCKETS = 8;
/** A device pings every 20 s: one that missed two is taken for gone, and pushes go out again. */
const SILENCE_MS = 45_000;

/** RFC 6455 §7.4. */
const NORMAL_CLOSURE = 1000;
const POLICY_VIOLATION = 1008;

export class LiveChannel {
  readonly #state: DurableObjectState;
  /** As those who look on know it; undefined while nobody does. */
  #known: string | undefined;

  constructor(state: DurableObjectState) {
    this.#state = state;
    state.setWebSocketAutoResponse(new WebSocketRequestResponsePair(PING, PONG));
  }

  /** Gives the device's end of a new socket. One too many closes the oldest: of a device that lost it without saying so. */
  open(context: AccountContext, now: number): WebSocket {
    const oldestFirst = this.#sockets().toSorted((one, other) => openedAt(one) - openedAt(other));
    for (const socket of oldestFirst.slice(0, Math.max(0, oldestFirst.length + 1 - MAXIMUM_SOCKETS))) {
      socket.close(POLICY_VIOLATION, "too many");
    }
    const { 0: device, 1: own } = new WebSocketPair();
    this.#state.acceptWebSocket(own);
    own.serializeAttachment(now);
    this.watch(context);
    return device;
  }

  /** Whether a device gave a sign of life a short while ago. */
  isConnected(now: number): boolean {
    return now < this.silentFrom();
  }

  /** When all are taken for gone, if none gives another sign of life; 0 where there is none. */
  silentFrom(): number {
    const ends = this.#sockets().map((socket) => {
      const pinged = this.#state.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? 0;
      return Math.max(pinged, openedAt(socket)) + SILENCE_MS;
    });
    return Math.max(0, ...ends);
  }

  /** Before anything may change: else what changes first after a hibernation would go unnoticed. */
  watch({ live }: AccountContext): void {
    if (this.#known === undefined && this.#sockets().length > 0) this.#known = live.fingerprint();
  }

  /** After a commit. The output gate holds the hint back until what it is about can be read. */
  tell({ account, live }: AccountContext): void {
    const sockets = this.#sockets();
    const before = this.#known;
    this.#known = sockets.length === 0 ? undefined : live.fingerprint();
    if (this.#known === before) return;
    const closed = account.account()?.status === "closed";
    for (const socket of sockets) {
      socket.send(CHANGED);
      if (closed) socket.close(NORMAL_CLOSURE, "account closed");
    }
  }

  /** For whatever is no ping. */
  refuse(socket: WebSocket): void {
    socket.close(POLICY_VIOLATION, "nothing is said here");
  }

  #sockets(): readonly WebSocket[] {
    return this.#state.getWebSockets().filter(({ readyState }) => readyState === WebSocket.OPEN);
  }
}

const openedAt = (socket: WebSocket): number => socket.deserializeAttachment() as number;
