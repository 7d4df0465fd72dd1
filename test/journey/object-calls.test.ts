import { beforeAll, describe, expect, it, vi } from "vitest";
import { AccountObject } from "../../durable/account/account-object.ts";
import { PersonObject } from "../../durable/person/person-object.ts";
import { SessionObject } from "../../durable/session/session-object.ts";
import { approveTransaction } from "../../src/authenticator/transactions.ts";
import { endResult, startLogin } from "../support/demo-party.ts";
import { claimOnly, enrol, type HeadlessDevice, PINS, pinOf } from "../support/headless-device.ts";
import { seedDemoParty } from "../support/relying-party.ts";

let device: HeadlessDevice & { documentNumber: string };

beforeAll(async () => {
  await seedDemoParty();
  device = await enrol();
});

/** Counts every call on objects of a class; the objects that were called, and the calls by name. */
function count(objects: object): { readonly called: Set<unknown>; readonly calls: Record<string, number> } {
  const counted = { called: new Set<unknown>(), calls: {} as Record<string, number> };
  const methods = objects as Record<string, (...values: unknown[]) => unknown>;
  for (const name of Object.getOwnPropertyNames(objects)) {
    const real = methods[name];
    if (name === "constructor" || typeof real !== "function") continue;
    vi.spyOn(methods, name).mockImplementation(function (this: unknown, ...values: unknown[]) {
      counted.called.add(this);
      counted.calls[name] = (counted.calls[name] ?? 0) + 1;
      return real.apply(this, values);
    });
  }
  return counted;
}

describe("a login from POST to COMPLETE", () => {
  it("touches one Session, one Person and one Account object, a few times each", async () => {
    const session = count(SessionObject.prototype);
    const person = count(PersonObject.prototype);
    const account = count(AccountObject.prototype);
    const sessionID = await startLogin(device.documentNumber);
    expect((await approveTransaction(device.client, await claimOnly(device), pinOf(PINS.auth))).ok).toBe(true);
    expect(await endResult(sessionID)).toBe("OK");

    expect(session.called.size).toBe(1);
    expect(person.called.size).toBe(1);
    expect(account.called.size).toBe(1);
    // One view, since it was complete when it was asked for; a poll that waits takes a second one.
    expect(session.calls).toEqual({ start: 1, claim: 1, finish: 1, view: 1 });
    // One offer, and the device's list, claim and signature.
    expect(account.calls).toEqual({ offer: 1, receive: 3 });
    // The epoch of the payment is raised after the commit, off the hot path.
    await vi.waitFor(() => expect(person.calls).toEqual({ accounts: 1, raiseEpoch: 1 }));
  });
});
