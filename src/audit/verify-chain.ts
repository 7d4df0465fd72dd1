// Whether a chain of events is whole. Its base is the head that was verified before, or the beginning. An event is *placed* where its hash
// goes with what it says and with a placed one before it: forwards from the base, or backwards from the base's own hash. Anybody can write
// events whose hashes go with each other: nothing that is not placed counts for anything, and none makes a head. Pure.
import { BEGINNING, type ChainEvent, eventHash, type Head, isKnown } from "./chain.ts";

/** `ended`: the enrolment was given up, and the object forgot everything. */
export type VerifiedHead = Head & { readonly ended?: boolean };

/** What an object says. `lost`: it holds nothing. `taken`: position of the last event that the queue took from it. */
export type ToldHead = { readonly state: "found"; readonly head: Head; readonly taken: number } | { readonly state: "lost" };

export interface Finding {
  /** `unplaced` is never a problem: what came twice, from before the base, looks so. */
  readonly code: "missing" | "altered" | "unknown" | "fork" | "rewritten" | "set_back" | "contradiction" | "lost" | "unplaced";
  readonly position: number;
  /** A sentence. */
  readonly text: string;
}

export interface ChainReport {
  /** Different ones. */
  readonly events: number;
  readonly problems: readonly Finding[];
  /** What whoever reads the events has to know of them. */
  readonly notes: readonly Finding[];
  /** Where it stands; undefined before its first event. Where there are problems, as it was before, so that they are found again. */
  readonly head: VerifiedHead | undefined;
}

interface Known {
  /** Of the verification before. */
  readonly verified?: VerifiedHead | undefined;
  readonly told?: ToldHead | undefined;
  /** Somebody looked into its fork: the branch on which the object stands is the chain. */
  readonly acceptsFork?: boolean;
}

/** `events`: of this chain, in any order and as often as they come, whatever else is written beside them. */
export function verifyChain(chain: string, given: readonly ChainEvent[], known: Known = {}): ChainReport {
  const { verified, told, acceptsFork = false } = known;
  const links = new Links(chain, given, verified ?? BEGINNING);
  const { events, base } = links;
  const ends = endsOf(links);
  const found = [...ownProblems(links), ...gaps(links), ...setBack(links), ...compareTold(links, ends, told)];
  const problems = found.toSorted((left, right) => left.position - right.position);
  const notes = unplacedOf(links);
  const report = { events: events.length, problems, notes };
  if (problems.length === 0) return { ...report, head: standing(ends[0], base) };
  const isFork = problems.every(({ code }) => code === "fork");
  const chosen = acceptsFork && isFork ? ends.filter((end) => links.isOn(told, end)) : [];
  if (chosen.length === 1) return { ...report, problems: [], notes: [...notes, ...problems], head: standing(chosen[0], base) };
  return { ...report, head: verified };
}

/** What follows on what, by hashes alone. */
class Links {
  readonly base: VerifiedHead;
  /** Each once, by position. */
  readonly events: readonly ChainEvent[];
  readonly placed = new Set<ChainEvent>();
  readonly #chain: string;
  readonly #at: ReadonlyMap<number, readonly ChainEvent[]>;
  /** Hash of the one that it follows on; none where it follows on nothing that is there. */
  readonly #before = new Map<ChainEvent, string>();

  constructor(chain: string, given: readonly ChainEvent[], base: VerifiedHead) {
    this.#chain = chain;
    this.base = base;
    const said = ({ position, hash, at, kind, detail }: ChainEvent): string => JSON.stringify([position, hash, at, kind, detail]);
    const distinct = [...new Map(given.map((event) => [said(event), event])).values()];
    this.events = distinct.toSorted((left, right) => left.position - right.position);
    this.#at = Map.groupBy(this.events, ({ position }) => position);
    for (const event of this.events) {
      const before = this.hashesAt(event.position - 1).find((hash) => eventHash(this.#chain, event, hash) === event.hash);
      if (before !== undefined) this.#before.set(event, before);
    }
    this.#placeForwards();
    this.#placeBackwards();
  }

  at = (position: number): readonly ChainEvent[] => this.#at.get(position) ?? [];
  before = (event: ChainEvent): string | undefined => this.#before.get(event);

  /** Of the base and the beginning too. */
  hashesAt(position: number): readonly string[] {
    const known = [BEGINNING, this.base].filter((head) => head.position === position);
    return [...new Set([...known, ...this.at(position)].map(({ hash }) => hash))];
  }

  /** Those behind the base, by position. */
  behind = (): readonly ChainEvent[] => this.events.filter(({ position }) => position > this.base.position);

  /** Whether the object stands at that end, or on the way to it. */
  isOn(told: ToldHead | undefined, end: ChainEvent): boolean {
    if (told?.state !== "found") return false;
    let [position, hash]: [number, string | undefined] = [end.position, end.hash];
    while (position > told.head.position && hash !== undefined) {
      const event = this.at(position--).find((each) => each.hash === hash && this.placed.has(each));
      hash = event && this.before(event);
    }
    return position === told.head.position && hash === told.head.hash;
  }

  #placeForwards(): void {
    let hashes: readonly string[] = [this.base.hash];
    for (let { position } = this.base; hashes.length > 0;) {
      const next = this.at(++position).filter((event) => hashes.includes(this.before(event) ?? ""));
      for (const event of next) this.placed.add(event);
      hashes = next.map(({ hash }) => hash);
    }
  }

  /** A hash alone vouches for no words: what it is the hash of shows with the one before it. */
  #placeBackwards(): void {
    let hash: string | undefined = this.base.hash;
    for (let { position } = this.base; hash !== undefined; position--) {
      const event = this.at(position).find((each) => each.hash === hash && this.before(each) !== undefined);
      if (event !== undefined) this.placed.add(event);
      hash = event && this.before(event);
    }
  }
}

/** Placed ones behind the base that no placed one follows. */
function endsOf({ behind, placed, before }: Links): readonly ChainEvent[] {
  const there = behind().filter((event) => placed.has(event));
  const followed = new Set(there.map(before));
  return there.filter(({ hash }) => !followed.has(hash));
}

function standing(end: ChainEvent | undefined, base: VerifiedHead): VerifiedHead | undefined {
  if (end === undefined) return base.position === 0 ? undefined : base;
  const { position, hash, kind } = end;
  return { position, hash, ...(kind === "abandoned" && { ended: true }) };
}

/** Wherever an event stands, placed or not: that it is known, goes with what is before it, and is the only one in its place. */
function ownProblems(links: Links): readonly Finding[] {
  const positions = [...new Set(links.events.map(({ position }) => position))];
  return positions.flatMap((position) => [
    ...unreadable(links, position),
    ...unlinked(links, position),
    ...forked(links, position),
  ]);
}

const unreadable = ({ at }: Links, position: number): readonly Finding[] =>
  at(position)
    .filter((event) => !isKnown(event))
    .map(() => finding("unknown", position, "it says something that this version does not know"));

function unlinked(links: Links, position: number): readonly Finding[] {
  const { base, at, before } = links;
  const others = position === base.position ? at(position).filter(({ hash }) => hash !== base.hash) : [];
  const rewritten = others.map(() =>
    finding(
      "rewritten",
      position,
      "there is another event here than the one that was verified before: it was changed or put in, or the account's storage was set back before it and went on",
    ),
  );
  if (links.hashesAt(position - 1).length === 0) return rewritten;
  const altered = at(position).filter((event) => before(event) === undefined);
  const text = "its hash does not go with what it says and with the event before it: one of the two was changed, moved or put in";
  return [...rewritten, ...altered.map(() => finding("altered", position, text))];
}

/** Those that were altered are told of by themselves; those behind a fork are its branches. */
function forked(links: Links, position: number): readonly Finding[] {
  const isFirst = links.hashesAt(position - 1).length === 0;
  const linked = links.at(position).filter((event) => isFirst || links.before(event) !== undefined);
  return [...Map.groupBy(linked, links.before)]
    .filter(([, branches]) => branches.length > 1)
    .map(([, branches]) => {
      const noticed = links.events.some(isRolledBack)
        ? "; an event of it says that the account noticed it and closed itself"
        : "";
      const text =
        `${branches.length} different events follow on the same one. The account's storage was set back to where it was after event ` +
        `${position - 1}, or copied, and it went on a second time${noticed}; or somebody put one in`;
      return finding("fork", position, text);
    });
}

const isRolledBack = ({ kind, detail }: ChainEvent): boolean => kind === "closed" && detail.includes('"rolled_back"');

function gaps(links: Links): readonly Finding[] {
  let last = links.base.position;
  return links.behind().flatMap(({ position }) => {
    const [from, to] = [last + 1, position - 1];
    last = position;
    return from > to ? [] : [missing(from, to, "the ones after them are there")];
  });
}

/** It closes itself then, and what it told of it stands before what was verified. */
function setBack(links: Links): readonly Finding[] {
  const { base, events, placed } = links;
  const text = `the account says here that its storage was set back, and ${base.position} was verified before: it was, or this was put in`;
  return events
    .filter((event) => event.position <= base.position && !placed.has(event) && isRolledBack(event))
    .map(({ position }) => finding("set_back", position, text));
}

function compareTold(links: Links, ends: readonly ChainEvent[], told: ToldHead | undefined): readonly Finding[] {
  if (told === undefined) return [];
  const { base, events } = links;
  const last = Math.max(base.position, events.at(-1)?.position ?? 0);
  if (told.state === "lost") {
    const isEnded = ends.length === 0 ? base.ended === true : ends.every(({ kind }) => kind === "abandoned");
    const text = "the account's object holds nothing: its storage was deleted or replaced";
    return last === 0 || isEnded ? [] : [finding("lost", last, text)];
  }
  const { position, hash } = told.head;
  if (position < base.position) {
    const text = `the account's object says that this is its last event, but ${base.position} was verified before: its storage was set back`;
    return [finding("set_back", position, text)];
  }
  const here = links.hashesAt(position);
  if (here.length > 0 && !here.includes(hash))
    return [finding("contradiction", position, "the account's object itself has another event here")];
  if (told.taken <= last) return [];
  return [missing(last + 1, told.taken, "the account's object has recorded them and says that the queue took them")];
}

function unplacedOf({ base, events, placed }: Links): readonly Finding[] {
  const unplaced = events.filter((event) => event.position <= base.position && !placed.has(event));
  const text =
    `this was not checked: it stands before event ${base.position}, which was verified before, and what links the two is not here. It came ` +
    "a second time, or somebody put it in: the exports of then show it";
  return unplaced.map(({ position }) => finding("unplaced", position, text));
}

const missing = (from: number, to: number, why: string): Finding =>
  finding("missing", from, `${from === to ? `event ${from} is` : `events ${from} to ${to} are`} missing: ${why}`);

const finding = (code: Finding["code"], position: number, text: string): Finding => ({ code, position, text });
