// The live channel of one account: a WebSocket that says that something changed, never what. While the page is visible it is opened again
// whenever it ends, after pauses that grow. A hint and no more: whoever hears it asks over the sealed channel.
import type { ChannelClient } from "../../authenticator/channel-client.ts";
import { CHANGED, LIVE_PROTOCOL, liveProtocols, PING, PONG } from "../../protocol/live-channel.ts";
import { networkMayBeBack } from "../network-wait.ts";
import { reached } from "../reached.ts";

const PING_EVERY_MS = 20_000;
/** A socket that ends sooner is as good as none: a server in trouble accepts, and ends what it accepted. */
const STEADY_MS = 30_000;

export class LiveChannel {
  readonly #client: ChannelClient;
  readonly #changed: () => void;
  readonly #undisturbed: () => Promise<void>;
  #closing: AbortController | undefined;

  /**
   * `changed`: something may be different now; called also whenever the channel was opened, since nothing was heard before. `undisturbed`:
   * waited for before anything is asked; a request of a PIN that is at work would be settled here, and its worker told nothing.
   */
  constructor(client: ChannelClient, changed: () => void, undisturbed = async (): Promise<void> => undefined) {
    this.#client = client;
    this.#changed = changed;
    this.#undisturbed = undisturbed;
  }

  open(): void {
    if (this.#closing !== undefined) return;
    this.#closing = new AbortController();
    this.#keepOpen(this.#closing.signal).catch((error: unknown) => console.error(error));
  }

  close(): void {
    this.#closing?.abort();
    this.#closing = undefined;
  }

  async #keepOpen(closing: AbortSignal): Promise<void> {
    for (let failures = 0; !closing.aborted; failures++) {
      await this.#undisturbed();
      if (closing.aborted) return;
      const ticket = await reached(() => this.#client.call("openLiveChannel", () => ({})));
      const handle = (await this.#client.storage.read())?.handle;
      // An account that ended, or a device out of step, gets no channel: whoever asks for its state hears why.
      if (!ticket.ok && ticket.failure.code !== "unreachable" && ticket.failure.code !== "server_error") return;
      if (ticket.ok && handle !== undefined && !closing.aborted) {
        const openFor = await this.#listen(handle, ticket.value.ticket, closing);
        if (openFor >= STEADY_MS) failures = 0;
      }
      if (!closing.aborted) await networkMayBeBack(failures, closing);
    }
  }

  /** Until the socket ends. For how many milliseconds was it open? */
  #listen(handle: string, ticket: string, closing: AbortSignal): Promise<number> {
    return new Promise((resolve) => {
      const address = `${location.origin.replace(/^http/, "ws")}/device/live`;
      const socket = new WebSocket(address, liveProtocols({ handle, ticket }));
      let openedAt: number | undefined;
      let answered = true;
      // A connection that died without a word is noticed by the pong that does not come.
      const pinging = setInterval(() => {
        if (!answered) return abort();
        answered = false;
        if (socket.readyState === WebSocket.OPEN) socket.send(PING);
      }, PING_EVERY_MS);
      const end = (): void => {
        clearInterval(pinging);
        closing.removeEventListener("abort", abort);
        resolve(openedAt === undefined ? 0 : performance.now() - openedAt);
      };
      // The closing handshake of a dead connection takes minutes: nothing is gained by waiting for it.
      const abort = (): void => {
        socket.close();
        end();
      };
      closing.addEventListener("abort", abort);
      socket.addEventListener("open", () => {
        if (socket.protocol !== LIVE_PROTOCOL) return socket.close();
        openedAt = performance.now();
        this.#changed();
      });
      socket.addEventListener("message", ({ data }) => {
        if (data === PONG) answered = true;
        else if (data === CHANGED && openedAt !== undefined && !closing.aborted) this.#changed();
      });
      socket.addEventListener("close", end);
    });
  }
}
