// A short campaign over every story, with the same seed each time; `npm run test:long` makes a long one.
import { expect, it } from "vitest";
import { campaign, STORIES } from "./campaign.ts";

const SEED = 20_261_122;
const TIME_LIMIT_MS = 600_000;

it(
  "nothing is lost, refunded or forgotten when the server is killed, whatever it was doing",
  async () => {
    const tally = await campaign({ seed: SEED, stories: STORIES, say: () => undefined });
    expect(Object.keys(tally.stories).toSorted()).toEqual([...STORIES].toSorted());
    expect(tally.kills).toBeGreaterThanOrEqual(STORIES.length);
  },
  TIME_LIMIT_MS,
);
