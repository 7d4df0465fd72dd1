// The live channel of a test person: a WebSocket that says that something changed, never what. Opened again whenever it ends, after
// pauses that grow. A hint and no more: whoever hears it asks over the sealed channel.
import type { ChannelClient, ChannelFailure } from "../authenticator/channel-client.ts";
import { ServerUnreachable } from "../authenticator/server-connection.ts";
import { CHANGED, LIVE_PROTOCOL, liveProtocols, PING, PONG } from "../protocol/live-channel.ts";

const PING_EVERY_MS = 20_000;
/** A socket that ends sooner is as good as none. */
const STEADY_MS = 30_000;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 15_000;

/**
 * Until `closing`, or until the server gives no channel to this account any more: then with the reason. `changed`: something may be
 * different now; called also whenever the channel was opened, since nothing was heard before.
 */
export async function listen(
  client: ChannelClient,
  changed: () => void,
  closing: AbortSignal,
): Promise<ChannelFailure | undefined> {
  for (let failures = 0; !closing.aborted; failures++) {
    const ticket = await ticketFor(client);
    if (ticket !== undefined && "failure" in ticket) return ticket.failure;
    const handle = (await client.storage.read())?.handle;
    if (ticket !== undefined && handle !== undefined && !closing.aborted) {
      const protocols = liveProtocols({ handle, ticket: ticket.value });
      const openFor = await keepOpen(client.server.url, protocols, changed, closing);
      if (openFor >= STEADY_MS) failures = 0;
    }
    if (!closing.aborted) await pause(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures), closing);
  }
  return undefined;
}

/** Undefined where it is worth another try. */
async function ticketFor(
  client: ChannelClient,
): Promise<{ readonly value: string } | { readonly failure: ChannelFailure } | undefined> {
  try {
    const answer = await client.call("openLiveChannel", () => ({}));
    if (answer.ok) return { value: answer.value.ticket };
    return answer.failure.code === "server_error" ? undefined : { failure: answer.failure };
  } catch (error) {
    if (error instanceof ServerUnreachable) return undefined;
    throw error;
  }
}

/** Until the socket ends. For how many milliseconds was it open? */
function keepOpen(url: string, protocols: string[], changed: () => void, closing: AbortSignal): Promise<number> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`${url.replace(/^http/, "ws")}/device/live`, protocols);
    let openedAt: number | undefined;
    let answered = true;
    const end = (): void => {
      clearInterval(pinging);
      closing.removeEventListener("abort", abort);
      resolve(openedAt === undefined ? 0 : performance.now() - openedAt);
    };
    const abort = (): void => {
      socket.close();
      end();
    };
    // A connection that died without a word is noticed by the pong that does not come.
    const pinging = setInterval(() => {
      if (!answered) return abort();
      answered = false;
      if (socket.readyState === WebSocket.OPEN) socket.send(PING);
    }, PING_EVERY_MS);
    closing.addEventListener("abort", abort);
    socket.addEventListener("open", () => {
      if (socket.protocol !== LIVE_PROTOCOL) return socket.close();
      openedAt = performance.now();
      changed();
    });
    socket.addEventListener("message", ({ data }) => {
      if (data === PONG) answered = true;
      else if (data === CHANGED && openedAt !== undefined && !closing.aborted) changed();
    });
    socket.addEventListener("close", end);
  });
}

function pause(milliseconds: number, closing: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      closing.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    closing.addEventListener("abort", done);
  });
}
