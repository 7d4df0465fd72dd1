// Accidents that befall the requests of a page, one at a time and in order: lost before the server received it, lost after the
// server has answered it, with the network gone for a while, or with the page reloaded meanwhile.
import { setTimeout } from "node:timers/promises";
import type { Fate, Network, Passing } from "./network.ts";
import type { Person } from "./person.ts";

export type Side = "request" | "answer";

/** Requests whose loss matters: those of the device's API and of the registration. The live channel is not among them. */
const counts = ({ method, path }: Passing): boolean =>
  (method === "POST" && /^\/(?:device|registration)\//.test(path)) || path === "/device/keys";

const isSealed = ({ path }: Passing): boolean => path === "/device/messages";

/** Sealed messages tell nothing of themselves but their length; a contribution is longer than all else that an active account sends. */
const isAttempt = (passing: Passing): boolean => isSealed(passing) && passing.length > 1000;

/** Without a pause the waiting would take a core from whoever is waited for. */
const LOOK_EVERY_MILLISECONDS = 10;

/** A request meets an accident, or none does. `over`: resolves when the connection breaks. */
interface Meeting {
  readonly happened: boolean;
  readonly over: Promise<void>;
}

/** What happens around the loss; the connection breaks when it is over. */
export type Accident = () => Promise<void> | void;

export class Accidents {
  readonly #network: Network;
  /** What befell which request, for messages. */
  readonly log: string[] = [];
  #last = Promise.resolve();

  constructor(network: Network) {
    this.#network = network;
  }

  /** Every sealed message is lost once on each side, then passes: nothing of a story happens at the first try. */
  everySealed(accident: Accident): void {
    let turn = 0;
    const loseAt = (wanted: number, side: Side) => (passing: Passing) => {
      if (!isSealed(passing) || turn % 3 !== wanted) return "passes";
      turn++;
      return this.#lose(passing, side, accident);
    };
    const answer = loseAt(1, "answer");
    this.#network.interference = {
      request: loseAt(0, "request"),
      answer: (passing) => {
        const fate = answer(passing);
        // The one that gets through begins the next round.
        if (fate === "passes" && isSealed(passing) && turn % 3 === 2) turn++;
        return fate;
      },
    };
  }

  /**
   * The `first` request, from 1; then the one that comes `every` later than that after it, and so on: a story that begins anew each time
   * is cut at each such place. At every one it would take half as many times as long as it has requests.
   */
  everLater(side: Side, accident: Accident, first: number, every: number): void {
    let [passed, allowed] = [0, first - 1];
    const fate = (passing: Passing): Fate | Promise<Fate> => {
      if (!counts(passing) || passed++ < allowed) return "passes";
      passed = 0;
      allowed += every;
      return this.#lose(passing, side, accident);
    };
    this.#network.interference = side === "request" ? { request: fate } : { answer: fate };
  }

  /** The `number`th request from now on, from 1, and no other. */
  once(number: number, side: Side, accident: Accident): Meeting {
    return this.#once(number, side, accident, counts);
  }

  /** The next attempt with a PIN, whatever else is under way. */
  onAttempt(side: Side, accident: Accident): Meeting {
    return this.#once(1, side, accident, isAttempt);
  }

  #once(number: number, side: Side, accident: Accident, applies: (passing: Passing) => boolean): Meeting {
    let count = 0;
    const over = Promise.withResolvers<void>();
    const meeting = { happened: false, over: over.promise };
    const fate = async (passing: Passing): Promise<Fate> => {
      if (!applies(passing) || ++count !== number) return "passes";
      meeting.happened = true;
      const lost = await this.#lose(passing, side, accident);
      over.resolve();
      return lost;
    };
    this.#network.interference = side === "request" ? { request: fate } : { answer: fate };
    return meeting;
  }

  /** Resolves when the last one is over, for which the page must still be there: it is what finds no network. */
  async none(): Promise<void> {
    this.#network.interference = {};
    await this.#last;
  }

  async #lose(passing: Passing, side: Side, accident: Accident): Promise<"lost"> {
    this.log.push(`${side} of ${passing.method} ${passing.path}`);
    const over = Promise.resolve(accident());
    this.#last = over;
    await over;
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
    while (network.refused < before + 2) await setTimeout(LOOK_EVERY_MILLISECONDS);
    network.restore();
  };

/** The page is reloaded while the request is under way. */
export const reload =
  (person: Person): Accident =>
  () =>
    person.reloads();
