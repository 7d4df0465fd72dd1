// The audit chain by itself: its bytes against another program's, and what is taken as an event.
import { describe, expect, it } from "vitest";
import { auditEvent } from "../../src/audit/audit-event.ts";
import { auditMessage, BEGINNING, canonical, type ChainEvent, eventHash, isKnown, nextEvent } from "../../src/audit/chain.ts";
import vectors from "../vectors/audit-chain.json";

const { chain, events } = vectors as { readonly chain: string; readonly events: readonly ChainEvent[] };
const at = (position: number): ChainEvent => events[position - 1]!;

describe("an event", () => {
  it("has the hash that another program computes, and is in the one form", () => {
    let before = BEGINNING;
    for (const event of events) {
      const { kind, detail } = event;
      expect(eventHash(chain, event, before.hash)).toBe(event.hash);
      const said = auditEvent.parse({ kind, detail: JSON.parse(detail) });
      expect(nextEvent(chain, before, said, event.at)).toEqual(event);
      before = event;
    }
    // Members in any order, and those without a value, make the same text.
    expect(canonical({ reason: "owner", order: undefined })).toBe('{"reason":"owner"}');
    expect(canonical({ purpose: "auth", change: "add" })).toBe(canonical({ change: "add", purpose: "auth" }));
  });

  it("is taken in the one form alone, and with nothing but what its kind has", () => {
    const taken = (changes: object): boolean => auditMessage.safeParse({ chain, events: [{ ...at(4), ...changes }] }).success;
    expect(taken({})).toBe(true);
    const detail = JSON.parse(at(4).detail) as object;
    for (const changed of [
      { kind: "wrong" },
      { detail: JSON.stringify(detail, null, 1) },
      { detail: JSON.stringify({ ...detail, personalCode: "50001029996" }) },
      { detail: JSON.stringify({ ...detail, purpose: "MARI TAMM" }) },
      { detail: "{" },
      { detail: "null" },
      { position: 0 },
      { hash: at(4).hash.toUpperCase() },
      { previous: "" },
    ]) {
      expect(taken(changed), JSON.stringify(changed)).toBe(false);
    }
    expect(auditMessage.safeParse({ chain: "PNOEE-50001029996-MOCK-Q", events: [at(1)] }).success).toBe(false);
  });

  it("can be read of every kind that there is", () => {
    for (const { shape } of auditEvent.options) expect(isKnown({ kind: shape.kind.value, detail: "[]" })).toBe(false);
    expect(isKnown({ kind: "abandoned", detail: "{}" })).toBe(true);
  });
});
