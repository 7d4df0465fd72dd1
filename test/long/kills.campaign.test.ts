// A thousand kills, or as many as KILLS says. KILL_SEED: of the campaign, instead of a random one. KILL_STORY: tells that one alone.
// KILL_STORY_SEED, with KILL_STORY: tells it with this seed again and again, as a failure names it. KILL_FOLDER: where the servers keep their
// state, instead of the system's folder for what is temporary.
import { expect, it } from "vitest";
import { campaign, STORIES } from "../kill/campaign.ts";

const HOURS = 3_600_000;

const numberIn = (name: string): number | undefined => {
  const value = process.env[name];
  if (value === undefined) return undefined;
  if (!/^\d+$/.test(value)) throw new Error(`${name}=${value} is no whole number`);
  return Number(value);
};

it(
  "nothing is lost, refunded or forgotten over a thousand kills",
  async () => {
    const seed = numberIn("KILL_SEED") ?? Math.floor(Math.random() * 2 ** 32);
    const kills = numberIn("KILLS") ?? 1000;
    const wanted = STORIES.filter((name) => name === process.env["KILL_STORY"]);
    const stories = wanted.length > 0 ? wanted : undefined;
    // So that a person who watches sees it move, and can repeat what failed.
    console.error(`campaign of seed ${seed}, ${kills} kills`);
    const tally = await campaign({
      seed,
      kills,
      stories,
      storySeed: numberIn("KILL_STORY_SEED"),
      say: (line) => console.error(line),
    });
    console.error(`campaign of seed ${seed}: ${JSON.stringify(tally)}`);
    expect(tally.kills).toBeGreaterThanOrEqual(kills);
  },
  4 * HOURS,
);
