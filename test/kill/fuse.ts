// When the server is killed: a while after a certain request has left, or at one of the writes that follow it. Writes are seen from outside,
// as the system reports them: the first ones of a commit kill it in its midst, the last ones when it is done and nobody was told.
import { type FSWatcher, watch } from "node:fs";
import type { Random } from "./random.ts";

export type Trigger =
  /** Milliseconds after the request left, as a part of what such requests take. */
  | { readonly kind: "time"; readonly part: number }
  /** The how-manieth write, of any object or of one kind. `after`: as a part of what the request takes. */
  | { readonly kind: "write"; readonly by: Writer | "any"; readonly count: number; readonly after: number };

/** Whose files are written: objects of one class, or the database that all share. */
export type Writer = "account" | "session" | "person" | "database";

export interface Plan {
  /** Name of a request. */
  readonly target: string;
  /** Which of those of that name, from 1. */
  readonly occurrence: number;
  readonly trigger: Trigger;
  /** Milliseconds after the answer, where the trigger did not come before. */
  readonly atLast: number;
  /** Whether answers are lost on their way that had left already. */
  readonly losesAnswers: boolean;
}

/** Requests over which a server is killed: how often each is chosen, and how many of its name there are, where it is more than one. */
export type Targets = Readonly<Record<string, number | readonly [weight: number, count: number]>>;

export function drawPlan(random: Random, targets: Targets): Plan {
  const weights = Object.entries(targets).map(([name, value]) => [name, typeof value === "number" ? value : value[0]] as const);
  const target = random.weighted(Object.fromEntries(weights));
  const chosen = targets[target];
  const occurrence = 1 + random.below(typeof chosen === "object" ? chosen[1] : 1);
  const trigger: Trigger = random.chance(0.3)
    ? { kind: "time", part: random.next() * 1.1 }
    : {
        kind: "write",
        by: random.weighted({ any: 2, account: 6, session: 3, person: 1, database: 1 }),
        count: 1 + Math.floor(random.next() ** 3 * 12),
        after: random.chance(0.25) ? 0 : random.next() * 0.5,
      };
  const atLast = random.chance(0.5) ? 0 : random.next() * 25;
  return { target, occurrence, trigger, atLast, losesAnswers: random.chance(0.4) };
}

export const planText = ({ target, occurrence, trigger, atLast, losesAnswers }: Plan): string => {
  const when =
    trigger.kind === "time"
      ? `${(trigger.part * 100).toFixed(0)} % of its time`
      : `write ${trigger.count} (${trigger.by}) +${(trigger.after * 100).toFixed(0)} %`;
  return `${target}#${occurrence}, ${when}, at last +${atLast.toFixed(0)} ms${losesAnswers ? ", answers lost" : ""}`;
};

export class Fuse {
  /** When the server was killed. */
  readonly burnt: Promise<void>;
  readonly plan: Plan;
  readonly #burn: () => void;
  readonly #usual: (target: string) => number;
  #seen = 0;
  #writes = 0;
  #isArmed = false;
  #isBurnt = false;

  /** `usual`: milliseconds that a request of that name takes. `kill`: at once. */
  constructor(plan: Plan, usual: (target: string) => number, kill: () => void) {
    this.plan = plan;
    this.#usual = usual;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.burnt = promise;
    this.#burn = () => {
      if (this.#isBurnt) return;
      this.#isBurnt = true;
      kill();
      resolve();
    };
  }

  get isBurnt(): boolean {
    return this.#isBurnt;
  }

  /** A request leaves now. */
  leaves(name: string): void {
    if (name !== this.plan.target || ++this.#seen !== this.plan.occurrence) return;
    this.#isArmed = true;
    const { trigger } = this.plan;
    if (trigger.kind === "time") setTimeout(this.#burn, trigger.part * this.#usual(name));
  }

  /** Something was written. */
  written(writer: Writer): void {
    const { trigger } = this.plan;
    if (!this.#isArmed || trigger.kind !== "write" || (trigger.by !== "any" && trigger.by !== writer)) return;
    if (++this.#writes !== trigger.count) return;
    // Timers are for whole milliseconds, and wait for whatever else there is to do.
    const end = performance.now() + trigger.after * this.#usual(this.plan.target);
    while (performance.now() < end);
    this.#burn();
  }

  /** The answer to a request is here. */
  answered(name: string): void {
    if (this.#isArmed && name === this.plan.target) setTimeout(this.#burn, this.plan.atLast);
  }

  /** All is done, and the server lives. */
  over(): void {
    setTimeout(this.#burn, this.plan.atLast);
  }
}

/** `folders`: flat. Gives what ends it. */
export function watchWrites(folders: ReadonlyMap<string, Writer>, onWrite: (writer: Writer) => void): () => void {
  const watchers: FSWatcher[] = [...folders].map(([folder, writer]) => watch(folder, () => onWrite(writer)));
  return () => {
    for (const watcher of watchers) watcher.close();
  };
}
