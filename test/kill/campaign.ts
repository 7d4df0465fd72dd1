// Many kills, one story after the other on the same server. Everything that is drawn follows from the seed; when exactly a kill meets a
// process does not, so that a seed repeats the attempt and not always the failure.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ServerUnreachable } from "../../src/authenticator/server-connection.ts";
import { PURPOSES, SUITES } from "../../src/account/purpose.ts";
import { drawPlan, type Plan, planText } from "./fuse.ts";
import { Random, seedOf } from "./random.ts";
import { comeFirst } from "./priority.ts";
import { makeKeysFor } from "./ready-keys.ts";
import { Enrolment, enrolled } from "./stories/enrolment.ts";
import { Lockout } from "./stories/lockout.ts";
import { ReKey } from "./stories/re-key.ts";
import { ReWrap } from "./stories/re-wrap.ts";
import { Revocation } from "./stories/revocation.ts";
import { Signing } from "./stories/signing.ts";
import type { Story } from "./stories/story.ts";
import { Violation } from "./violation.ts";
import { World } from "./world.ts";

export const STORIES = ["signing", "lockout", "re-key", "enrolment", "revocation", "re-wrap"] as const;
export type StoryName = (typeof STORIES)[number];

/** How often each is told. */
const WEIGHTS: Readonly<Record<StoryName, number>> = {
  signing: 34,
  lockout: 28,
  "re-key": 16,
  enrolment: 12,
  revocation: 10,
  "re-wrap": 8,
};
/** How often what follows a kill is killed, too. */
const AGAIN = 0.3;
const MOST_KILLS_OF_A_STORY = 4;
/** What a phone does first after a kill. */
const RESUMING = { resume: 1 };

export interface Campaign {
  readonly seed: number;
  /** At least so many; where it is not given, as many as the stories bring. */
  readonly kills?: number;
  /** Told in turn, in place of what the seed draws: each once, where there is no number of kills. */
  readonly stories?: readonly StoryName[] | undefined;
  /** Seed of one story, to be repeated in place of others. */
  readonly storySeed?: number | undefined;
  readonly say: (line: string) => void;
}

export interface Tally {
  kills: number;
  /** Kills that something waited for in vain; the others came after the last answer. */
  cutOff: number;
  /** Kills between a commit and the answer that tells of it. */
  unanswered: number;
  /** Kills after which something lay in an outbox. */
  undelivered: number;
  readonly stories: Partial<Record<StoryName, number>>;
  readonly killsOf: Partial<Record<StoryName, number>>;
  /** By the request over which the server was killed. */
  readonly targets: Record<string, number>;
}

/** Throws `Violation`, with what repeats it, at the first rule that does not hold; the state folder is kept then. */
export async function campaign({ seed, kills, stories, storySeed, say }: Campaign): Promise<Tally> {
  const folder = mkdtempSync(join(process.env["KILL_FOLDER"] ?? tmpdir(), "tally-kill-"));
  const world = await World.start(folder, new Random(seed));
  const tally: Tally = { kills: 0, cutOff: 0, unanswered: 0, undelivered: 0, stories: {}, killsOf: {}, targets: {} };
  let isSound = false;
  comeFirst();
  try {
    const isOver = (part: number): boolean => (kills === undefined ? part >= (stories ?? STORIES).length : tally.kills >= kills);
    for (let part = 0; !isOver(part); part++) {
      const seedOfStory = storySeed ?? seedOf(seed, part);
      world.random = new Random(seedOfStory);
      const drawn = world.random.weighted(WEIGHTS);
      const name = stories?.[part % stories.length] ?? drawn;
      await tell(world, { name, seed: seedOfStory }, tally, say).catch((error: unknown) => {
        throw new Violation(
          `${describe(error)}\n  story ${name}, seed ${seedOfStory}, kill ${tally.kills}; campaign ${seed}; state in ${folder}`,
          {
            cause: error,
          },
        );
      });
      tally.stories[name] = (tally.stories[name] ?? 0) + 1;
    }
    const { unanswered, undelivered } = world;
    Object.assign(tally, { unanswered, undelivered });
    await world.holdEverything();
    isSound = true;
    return tally;
  } finally {
    await world.stop();
    if (isSound) rmSync(folder, { recursive: true, force: true });
  }
}

const describe = (error: unknown): string => (error instanceof Error ? `${error.message}\n${error.stack ?? ""}` : String(error));

async function begin(world: World, name: StoryName): Promise<Story> {
  const { random } = world;
  const purpose = random.pick(PURPOSES);
  const suite = random.pick(SUITES);
  switch (name) {
    case "enrolment":
      return new Enrolment(world);
    case "signing":
      return new Signing(world, world.usablePhone(purpose) ?? (await enrolled(world)), { purpose, suite });
    case "lockout":
      return new Lockout(world, world.usablePhone(purpose) ?? (await enrolled(world)), { purpose, suite });
    case "re-key": {
      const phone = world.usablePhone(purpose, MOST_KILLS_OF_A_STORY + 1) ?? (await enrolled(world));
      return new ReKey(world, phone, purpose);
    }
    case "re-wrap": {
      const first = world.usablePhone(purpose) ?? (await enrolled(world));
      const others = world.phones.filter((phone) => phone !== first && phone.active && !phone.closing).slice(-4);
      return new ReWrap(world, [first, ...others], { purpose, from: await world.changeKek() });
    }
    case "revocation":
      return new Revocation(world, world.usablePhone(purpose) ?? (await enrolled(world)));
  }
}

async function tell(
  world: World,
  about: { readonly name: StoryName; readonly seed: number },
  tally: Tally,
  say: (line: string) => void,
): Promise<void> {
  const { random } = world;
  const story = await begin(world, about.name);
  const [phone] = story.phones;
  makeKeysFor(phone?.documentNumber ?? "");
  let wasCut = true;
  for (let killed = 0; killed === 0 || (wasCut && killed < MOST_KILLS_OF_A_STORY && random.chance(AGAIN)); killed++) {
    const plan = drawPlan(random, killed > 0 && random.chance(0.5) ? RESUMING : story.targets);
    world.patient = random.chance(0.3);
    const begun = performance.now();
    wasCut = await killOver(world, story, plan);
    if (wasCut) tally.cutOff++;
    tally.kills++;
    tally.killsOf[about.name] = (tally.killsOf[about.name] ?? 0) + 1;
    tally.targets[plan.target] = (tally.targets[plan.target] ?? 0) + 1;
    const took = Math.round(performance.now() - begun);
    const how = `${wasCut ? "cut off" : "not cut off"}${world.patient ? ", repeated" : ""}`;
    say(`kill ${tally.kills}: ${about.name}, seed ${about.seed}, ${planText(plan)}: ${how} (${took} ms)`);
  }
  world.patient = false;
  await story.goOn();
}

/** Whether the story was cut off. It has come to rest when this resolves, and a new server runs. */
async function killOver(world: World, story: Story, plan: Plan): Promise<boolean> {
  const fuse = world.arm(plan);
  const rest = { isReached: false };
  const telling = story
    .goOn()
    .then(
      () => {
        fuse.over();
        return false;
      },
      (error: unknown) => {
        if (!(error instanceof ServerUnreachable)) throw error;
        // Cut off by what? Where the server lives, nothing was to be cut off.
        if (!fuse.isBurnt) throw new Violation("a server that runs answers", { cause: error });
        return true;
      },
    )
    .finally(() => {
      rest.isReached = true;
    });
  await Promise.race([fuse.burnt, telling.then(() => fuse.burnt)]);
  while (!rest.isReached && !world.isWaitedFor) await new Promise((resolve) => setTimeout(resolve, 1));
  await world.goOn(story.phones);
  return telling;
}
