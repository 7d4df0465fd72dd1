// Accidents that befall the requests of a page, one at a time and in order: lost before the server received it, lost after the
// server has answered it, with the network gone for a while, or with the page reloaded meanwhile.
import type { Page } from "playwright-core";
import { setImmediate } from "node:timers/promises";
import type { Fate, Network, Passing } from "./network.ts";

export type Side = "request" | "answer";

/** Requests whose loss matters: those of the device's API and of the registration. The live channel is not among them. */
const counts = ({ method, path }: Passing): boolean =>
  (method === "POST" && /^\/(?:device|registration)\//.test(path)) || path === "/device/keys";

/** What happens around the loss; the connection breaks when it is over. */
export type Accident = () => Promise<void> | void;

export class Accidents {
  readonly #network: Network;
  /** What befell which request, for messages. */
  readonly log: string[] = [];

  constructor(network: Network) {
    this.#network = network;
  }

  /** Each request meets one on each of these sides in turn, then passes: nothing of a story happens at the first try. */
  everywhere(sides: readonly Side[], accident: Accident): void {
    let turn = 0;
    const meets = (side: Side) => (passing: Passing) => {
      if (!counts(passing) || sides[turn % (sides.length + 1)] !== side) return "passes";
      turn++;
      return this.#lose(passing, side, accident);
    };
    const passes = meets("answer");
    this.#network.interference = {
      request: meets("request"),
      answer: (passing) => {
        const fate = passes(passing);
        // The one that gets through begins the next round.
        if (fate === "passes" && counts(passing) && turn % (sides.length + 1) === sides.length) turn++;
        return fate;
      },
    };
  }

  /** The `number`th request from now on, from 1, and no other. */
  once(number: number, side: Side, accident: Accident): { readonly happened: boolean; readonly over: Promise<void> } {
    let count = 0;
    const over = Promise.withResolvers<void>();
    const meeting = { happened: false, over: over.promise };
    const fate = async (passing: Passing): Promise<Fate> => {
      if (!counts(passing) || ++count !== number) return "passes";
      meeting.happened = true;
      const lost = await this.#lose(passing, side, accident);
      over.resolve();
      return lost;
    };
    this.#network.interference = side === "request" ? { request: fate } : { answer: fate };
    return meeting;
  }

  none(): void {
    this.#network.interference = {};
  }

  async #lose(passing: Passing, side: Side, accident: Accident): Promise<"lost"> {
    this.log.push(`${side} of ${passing.method} ${passing.path}`);
    await accident();
    return "lost";
  }
}

/** The connection breaks; the next one works. */
export const blip: Accident = () => {};

/** There is no network until the device has tried in vain to send it again. */
export const outage =
  (network: Network): Accident =>
  async () => {
    const before = network.refused;
    network.cut();
    while (network.refused < before + 2) await setImmediate();
    network.restore();
  };

/** The page is reloaded while the request is under way. */
export const reload =
  (page: Page): Accident =>
  async () => {
    await page.reload({ waitUntil: "commit" });
  };
