// That no change of what was recorded goes unseen, and that nobody makes a head but the account: rule by rule, and drawn at random.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AuditEvent } from "../../src/audit/audit-event.ts";
import { BEGINNING, type ChainEvent, type Head, nextEvent, storedEvent } from "../../src/audit/chain.ts";
import { type ToldHead, type VerifiedHead, verifyChain } from "../../src/audit/verify-chain.ts";

const chain = "ab".repeat(32);
const wrong = (times: number): AuditEvent => ({ kind: "challenge_wrong", detail: { wrong: times } });
const closed = (reason: "owner" | "rolled_back"): AuditEvent => ({ kind: "closed", detail: { reason } });
const abandoned: AuditEvent = { kind: "abandoned", detail: {} };

/** What follows on a head. */
function follow(head: Head, ...recorded: readonly AuditEvent[]): readonly ChainEvent[] {
  const made: ChainEvent[] = [];
  for (const each of recorded) made.push(nextEvent(chain, made.at(-1) ?? head, each, 1000 + made.length));
  return made;
}
const last = 14;
const events = follow(BEGINNING, ...Array.from({ length: last }, (_, index) => wrong(index + 1)));
const at = (position: number): ChainEvent => events[position - 1]!;
const range = (from: number, to: number): readonly ChainEvent[] => events.slice(from - 1, to);
const headOf = ({ position, hash }: Head): VerifiedHead => ({ position, hash });
const headAt = (position: number): VerifiedHead => headOf(at(position));
const told = (position: number, taken = position): ToldHead => ({ state: "found", head: headAt(position), taken });
const branch = (after: number, ...recorded: readonly AuditEvent[]) => follow(after === 0 ? BEGINNING : at(after), ...recorded);

type Known = NonNullable<Parameters<typeof verifyChain>[2]>;
const listed = (findings: readonly { readonly code: string; readonly position: number }[]): readonly string[] =>
  findings.map(({ code, position }) => `${code} ${position}`);
const problems = (given: readonly ChainEvent[], known?: Known): readonly string[] =>
  listed(verifyChain(chain, given, known).problems);
const notes = (given: readonly ChainEvent[], known?: Known): readonly string[] => listed(verifyChain(chain, given, known).notes);
/** Without a problem, and how far it came. */
const whole = (given: readonly ChainEvent[], known?: Known): VerifiedHead | undefined => {
  const report = verifyChain(chain, given, known);
  expect(listed(report.problems)).toEqual([]);
  return report.head;
};
const without = (...positions: readonly number[]) => events.filter(({ position }) => !positions.includes(position));
const inPlaceOf = (position: number, event: ChainEvent) => events.map((each) => (each.position === position ? event : each));

describe("from the beginning, a chain", () => {
  it("is whole in any order, however often its events come, and says where it stands", () => {
    expect(verifyChain(chain, events)).toEqual({ events: last, problems: [], notes: [], head: headAt(last) });
    expect(whole([...events, ...events].toReversed(), { told: told(last) })).toEqual(headAt(last));
    // As an export and an object write the same one.
    const exported = events.map(({ position, detail, ...rest }) => ({ chain, detail, ...rest, position }));
    expect(whole([...events, ...exported], { told: told(last) })).toEqual(headAt(last));
    expect(verifyChain(chain, [])).toEqual({ events: 0, problems: [], notes: [], head: undefined });
  });

  it("shows every gap", () => {
    for (const { position } of range(1, last - 1)) expect(problems(without(position))).toEqual([`missing ${position}`]);
    expect(problems(without(2, 3, 5))).toEqual(["missing 2", "missing 5"]);
    expect(verifyChain(chain, without(2, 3)).problems[0]?.text).toMatch(/^events 2 to 3 are missing/);
  });

  it("shows every change of a single bit", () => {
    const flip = (text: string, bit: number): string => {
      const index = bit >> 3;
      return text.slice(0, index) + String.fromCharCode(text.charCodeAt(index) ^ (1 << (bit & 7))) + text.slice(index + 1);
    };
    // One that another follows, and the last.
    const two = range(4, 5);
    for (const event of two) {
      const changed = (["hash", "kind", "detail"] as const).flatMap((field) =>
        Array.from({ length: event[field].length * 8 }, (_, bit) => ({ ...event, [field]: flip(event[field], bit) })),
      );
      for (let bit = 0; bit < 53; bit++) {
        const mask = 1n << BigInt(bit);
        changed.push({ ...event, at: Number(BigInt(event.at) ^ mask) });
        changed.push({ ...event, position: Number(BigInt(event.position) ^ mask) });
      }
      // What is no event any more is not even read.
      const readable = changed.filter((each) => storedEvent.safeParse(each).success);
      expect(readable.length).toBeGreaterThan(400);
      const known = { verified: headAt(3), told: told(5) };
      const given = (each: ChainEvent) => two.map((other) => (other === event ? each : other));
      expect(readable.filter((each) => problems(given(each), known).length === 0)).toEqual([]);
    }
    // Under another name every hash is another.
    expect(verifyChain(flip(chain, 0), events).problems).toHaveLength(last);
  });

  it("shows what was put in, moved, or written anew", () => {
    const [forged] = branch(3, abandoned);
    expect(problems([...events, forged!])).toEqual(["fork 4"]);
    // Put in the place of another with its hash right, or with the hash of the other.
    expect(problems(inPlaceOf(4, forged!))).toEqual(["altered 5"]);
    expect(problems(inPlaceOf(4, { ...forged!, hash: at(4).hash }))).toEqual(["altered 4"]);
    expect(problems([...events, { ...forged!, hash: at(4).hash }])).toEqual(["altered 4"]);
    const moved = inPlaceOf(2, { ...at(3), position: 2 }).map((each) => (each === at(3) ? { ...at(2), position: 3 } : each));
    expect(problems(moved)).toEqual(["altered 2", "altered 3", "altered 4"]);
    expect(problems(inPlaceOf(5, { ...at(5), kind: "unlocked" }))).toEqual(["unknown 5", "altered 5"]);
    // After a gap, too.
    expect(problems([...without(2), ...branch(4, abandoned)])).toEqual(["missing 2", "fork 5"]);
    expect(problems([...without(2), { ...at(3), at: 1 }])).toEqual(["missing 2", "fork 3"]);
  });

  it("may be cut off or written anew at its end, and only the account or who verified before can tell", () => {
    const anew = [...range(1, 12), ...branch(12, abandoned)];
    expect(whole(without(last))).toEqual(headAt(last - 1));
    expect(whole(anew)).toMatchObject({ position: 13, ended: true });
    expect(problems(without(last), { told: told(last) })).toEqual([`missing ${last}`]);
    expect(problems(anew, { told: told(13) })).toEqual(["contradiction 13"]);
    expect(problems(anew, { told: told(14) })).toEqual(["missing 14"]);
    expect(problems(anew, { verified: headAt(13) })).toEqual(["rewritten 13"]);
  });
});

describe("with a head that was verified before, a chain", () => {
  const verified = headAt(10);

  it("goes on from there, and keeps that head where anything is wrong", () => {
    expect(verifyChain(chain, range(11, 14), { verified })).toEqual({ events: 4, problems: [], notes: [], head: headAt(14) });
    expect(verifyChain(chain, [], { verified })).toEqual({ events: 0, problems: [], notes: [], head: verified });
    expect(whole(events, { verified, told: told(last) })).toEqual(headAt(last));
    expect(notes(events, { verified })).toEqual([]);
    const broken = verifyChain(chain, range(12, 14), { verified });
    expect([listed(broken.problems), broken.head]).toEqual([["missing 11"], verified]);
    expect(problems(range(11, 14))).toEqual(["missing 1"]);
    const false10 = { position: 10, hash: at(9).hash };
    expect(problems(range(11, 14), { verified: false10 })).toEqual(["altered 11"]);
    expect(problems(events, { verified: false10 })).toEqual(["rewritten 10"]);
  });

  it("takes no note of what came again as of a gap, and makes no head of it", () => {
    for (const [again, unplaced] of [
      [[at(5)], ["unplaced 5"]],
      [range(1, 3), ["unplaced 1", "unplaced 2", "unplaced 3"]],
      [[at(10)], ["unplaced 10"]],
      // Linked by hashes: of the first one the hash is known to be right, and not what it says.
      [range(7, 10), ["unplaced 7"]],
      [range(1, 10), []],
    ] as const) {
      expect(whole(again, { verified })).toEqual(verified);
      const goneOn = [...again, ...range(11, 12)];
      expect(whole(goneOn, { verified, told: told(12) })).toEqual(headAt(12));
      expect(notes(goneOn, { verified })).toEqual(unplaced);
    }
  });

  it("makes no head of anything that was put in before it, and says of each such event that it was not checked", () => {
    const forged = { ...at(5), ...closed("owner"), detail: '{"reason":"owner"}', hash: "cd".repeat(32) };
    const forgedBranch = [forged, ...follow(forged, wrong(1), wrong(2), wrong(3), wrong(4))];
    for (const put of [[forged], forgedBranch]) {
      const given = [...put, ...range(11, 12)];
      expect(whole(given, { verified, told: told(12) })).toEqual(headAt(12));
      expect(notes(given, { verified })).toEqual(put.map(({ position }) => `unplaced ${position}`));
      // The next week it may go on as it likes.
      const nextWeek = [...follow(put.at(-1)!, ...Array.from({ length: 14 - put.at(-1)!.position }, () => abandoned)), at(13)];
      expect(problems(nextWeek, { verified: headAt(12) })).not.toEqual([]);
    }
    // Beside the true ones it is found.
    expect(problems([forged, ...events], { verified })).toEqual(["altered 5"]);
    expect(problems([forged, at(6)], { verified })).toEqual(["altered 6"]);
    expect(problems([forged, at(5)], { verified })).toEqual(["fork 5"]);
    // The words of the head itself are held against the one before it.
    const words = { ...at(10), detail: '{"wrong":99}' };
    expect(problems([at(9), words], { verified })).toEqual(["altered 10"]);
    expect(notes([words], { verified })).toEqual(["unplaced 10"]);
    expect(problems([words, at(10)], { verified })).toEqual(["fork 10"]);
  });

  it("is ended by nothing but its own last event", () => {
    const lost: Known = { verified, told: { state: "lost" } };
    const forged = { ...at(8), kind: "abandoned", detail: "{}", hash: "ee".repeat(32) };
    expect(problems([], lost)).toEqual(["lost 10"]);
    expect(problems([forged, at(10)], lost)).toEqual(["lost 10"]);
    expect(problems([{ ...at(10), kind: "abandoned", detail: "{}" }], lost)).toEqual(["lost 10"]);
    expect(problems([...branch(10, abandoned, wrong(1))], lost)).toEqual(["lost 12"]);
    expect(problems([{ ...forged, position: 12 }], lost)).toEqual(["missing 11", "lost 12"]);
    const head = whole(branch(10, abandoned), lost);
    expect(head).toMatchObject({ position: 11, ended: true });
    expect(whole([], { verified: head, told: { state: "lost" } })).toEqual(head);
    expect(whole([], { told: { state: "lost" } })).toBeUndefined();
  });

  it("that was set back before it says so, and not that anything is missing", () => {
    const setBack = branch(5, closed("rolled_back"));
    expect(problems(setBack, { verified })).toEqual(["set_back 6"]);
    expect(problems([], { verified, told: told(7) })).toEqual(["set_back 7"]);
    const atBeginning: ToldHead = { state: "found", head: BEGINNING, taken: 0 };
    expect(problems(events, { verified, told: atBeginning })).toEqual(["set_back 0"]);
    // Unnoticed, it is found at the latest where it comes past the head.
    const silent = branch(5, wrong(1), wrong(2), wrong(3), wrong(4), wrong(5), wrong(6));
    expect(problems(silent.slice(0, 4), { verified })).toEqual([]);
    expect(problems(silent, { verified })).toEqual(["rewritten 10"]);
    expect(problems(silent.slice(5), { verified })).toEqual(["altered 11"]);
  });
});

describe("what an account says of its end", () => {
  it("is held against what is there", () => {
    // It was asked before; or the queue has not everything yet.
    expect(problems(events, { told: told(4) })).toEqual([]);
    expect(problems(range(1, 11), { told: told(14, 11) })).toEqual([]);
    expect(problems([], { verified: headAt(6), told: told(6) })).toEqual([]);
    expect(problems([], { told: told(2) })).toEqual(["missing 1"]);
  });

  it("excuses what still waits with it, and nothing that the queue took", () => {
    expect(problems([at(11)], { verified: headAt(10), told: told(14, 13) })).toEqual(["missing 12"]);
    expect(verifyChain(chain, range(1, 11), { told: told(14, 13) }).problems[0]?.text).toMatch(/^events 12 to 13 are missing/);
  });
});

describe("a fork", () => {
  const silent = branch(10, wrong(7), wrong(8));
  const noticed = branch(10, closed("rolled_back"));
  const standsOn = (event: ChainEvent): ToldHead => ({ state: "found", head: headOf(event), taken: event.position });

  it("is told in words, with where it began, and whether an event says that the account noticed", () => {
    const report = verifyChain(chain, [...events, ...silent]);
    expect(report.problems).toEqual([
      {
        code: "fork",
        position: 11,
        text: expect.stringMatching(/set back to where it was after event 10.*or somebody put one in/),
      },
    ]);
    expect(report.problems[0]?.text).not.toMatch(/noticed/);
    expect(report.head).toBeUndefined();
    expect(verifyChain(chain, [...events, ...noticed]).problems[0]?.text).toMatch(/says that the account noticed it/);
  });

  it("that was looked into leaves one head: that of the branch on which the account itself stands", () => {
    const given = [...events, ...silent];
    const accept = (where: ToldHead | undefined) => verifyChain(chain, given, { told: where, acceptsFork: true });
    const accepted = accept(standsOn(silent[0]!));
    expect([listed(accepted.problems), listed(accepted.notes), accepted.head]).toEqual([[], ["fork 11"], headOf(silent[1]!)]);
    expect(accept(told(13)).head).toEqual(headAt(14));
    expect(problems(follow(silent[1]!, wrong(9)), { verified: accepted.head })).toEqual([]);
    // Without its word, or with one that does not tell which, nothing is accepted; nor anything else than a fork.
    for (const where of [undefined, told(10), { state: "lost" } as const]) {
      expect(accept(where).problems.map(({ code }) => code)).toContain("fork");
      expect(accept(where).head).toBeUndefined();
    }
    const gap = verifyChain(chain, [...without(3), ...silent], { told: standsOn(silent[1]!), acceptsFork: true });
    expect(listed(gap.problems)).toEqual(["missing 3", "fork 11"]);
    const changed = verifyChain(chain, [...given, { ...at(13), at: 1 }], { told: told(13), acceptsFork: true });
    expect([listed(changed.problems), changed.head]).toEqual([["fork 11", "altered 13"], undefined]);
  });
});

describe("any one thing done to an honest chain", () => {
  const position = fc.integer({ min: 1, max: last });
  const changes = fc.record({ kind: fc.constantFrom("closed", "abandoned"), at: fc.nat(), hash: fc.constant("cd".repeat(32)) });
  const done = fc.oneof(
    fc.record({ what: fc.constant("delete" as const), position }),
    fc.record({ what: fc.constant("repeat" as const), position }),
    fc.record({ what: fc.constant("move" as const), position, to: position }),
    fc.record({
      what: fc.constantFrom("change" as const, "insert" as const),
      position,
      changes,
      fields: fc.subarray(["kind", "at", "hash"] as const, { minLength: 1 }),
    }),
    // With hashes that go with each other from there on, in place of the true ones or beside them.
    fc.record({ what: fc.constantFrom("rewrite" as const, "branch" as const), position, length: fc.integer({ min: 1, max: 5 }) }),
  );
  type Done = typeof done extends fc.Arbitrary<infer Value> ? Value : never;

  function doTo(given: readonly ChainEvent[], deed: Done): readonly ChainEvent[] {
    const event = at(deed.position);
    const others = given.filter((each) => each !== event);
    switch (deed.what) {
      case "delete":
        return others;
      case "repeat":
        return [...given, event];
      case "move":
        return [...others, { ...event, position: deed.to }];
      case "change":
      case "insert": {
        const { kind, at: time, hash } = deed.changes;
        const all = { kind, at: time, hash };
        const false1 = { ...event, ...Object.fromEntries(deed.fields.map((field) => [field, all[field]])) };
        return [...(deed.what === "change" ? others : given), false1];
      }
      case "rewrite":
      case "branch": {
        const made = branch(deed.position - 1, ...Array.from({ length: deed.length }, () => closed("owner")));
        return [...(deed.what === "rewrite" ? given.filter((each) => each.position < deed.position) : given), ...made];
      }
    }
  }
  const isTrue = (head: VerifiedHead): boolean => at(head.position)?.hash === head.hash && head.ended === undefined;

  it("is found, or changes nothing; and never makes a false head", () => {
    fc.assert(
      fc.property(
        done,
        fc.integer({ min: 0, max: last }),
        fc.integer({ min: 1, max: last }),
        fc.infiniteStream(fc.nat()),
        (deed, base, from, order) => {
          const verified = base === 0 ? undefined : headAt(base);
          // What is before the head may be there, or some of it.
          const honest = events.filter((each) => each.position > base || each.position >= from);
          const given = doTo(honest, deed)
            .map((event) => ({ event, order: order.next().value as number }))
            .toSorted((left, right) => left.order - right.order)
            .map(({ event }) => event);
          const report = verifyChain(chain, given, { verified, told: told(last) });
          if (report.problems.length > 0) {
            expect(report.head).toEqual(verified);
            return;
          }
          const head = report.head!;
          const isAppended = head.position > last;
          if (isAppended) {
            // Put in behind what the account told: found as soon as it tells more.
            const goneOn = branch(last, wrong(99))[0]!;
            expect(
              problems([goneOn], { verified: head, told: { state: "found", head: headOf(goneOn), taken: goneOn.position } }),
            ).not.toEqual([]);
          } else {
            expect(isTrue(head)).toBe(true);
            expect(head.position).toBe(last);
          }
          // Whatever is false in it is behind what the account told, or is said not to have been checked.
          const unchecked = new Set(report.notes.map((note) => note.position));
          const falseOnes = given.filter((event) => JSON.stringify(event) !== JSON.stringify(at(event.position)));
          expect(falseOnes.filter((event) => event.position <= last && !unchecked.has(event.position))).toEqual([]);
        },
      ),
      { numRuns: 400 },
    );
  });

  it("is nothing, where nothing was done: no false alarm", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: last }), fc.subarray([...events]), (base, again) => {
        const verified = base === 0 ? undefined : headAt(base);
        // Redelivered, from before the head; with everything after it.
        const given = [...again.filter((each) => each.position <= base), ...events.slice(base), ...again];
        expect(whole(given, { verified, told: told(last) })).toEqual(headAt(last));
      }),
    );
  });
});
