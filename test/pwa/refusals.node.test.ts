// A wrong choice stays one, and a request that the person went away from stays away until they ask for it.
import { describe, expect, it, vi } from "vitest";
import { type Answer, atPin, deviceRecord, keyState, login, ok, testModel, typeDigits } from "./support/model.ts";
import { actionsOf } from "../../src/pwa/model/actions.ts";
import { check } from "../../src/pwa/model/checking.ts";
import type { Presentation } from "../../src/authenticator/presentation.ts";
import { choicesFor } from "../../src/pwa/model/code-choice.ts";
import { resendRefusals, tellNotPresentable } from "../../src/pwa/model/refusals.ts";
import { EMPTY_PIN } from "../../src/pwa/model/store.ts";

vi.mock("../../src/pwa/storage/database.ts", () => import("./support/database.ts"));

const shown = {
  relyingPartyName: "DEMO",
  interaction: "confirmationMessageAndVerificationCodeChoice",
  text: "Pay?",
  verificationCode: "1234",
} as const;

describe("the three codes", () => {
  it("are the same however often and wherever on this device a request is opened", () => {
    const codes = choicesFor(deviceRecord(), "t1", shown);
    expect(new Set(codes).size).toBe(3);
    expect(codes).toContain("1234");
    expect(choicesFor(deviceRecord(), "t1", shown)).toEqual(codes);
  });

  it("differ by request and by account, the place of the right one too", () => {
    const all = Array.from({ length: 40 }, (_, number) => choicesFor(deviceRecord(), `t${number}`, shown) ?? []);
    expect(new Set(all.map((codes) => codes.indexOf("1234"))).size).toBe(3);
    expect(new Set(all.flat()).size).toBeGreaterThan(70);
    const other = deviceRecord({ deviceToServer: "A".repeat(43) });
    expect(choicesFor(other, "t1", shown)).not.toEqual(choicesFor(deviceRecord(), "t1", shown));
  });

  it("are there only where the person has to choose", () => {
    expect(choicesFor(deviceRecord(), "t1", { ...shown, interaction: "confirmationMessage" })).toBeUndefined();
  });
});

it("a wrong code that could not be told is told when the request is tapped again, and its codes are not shown", async () => {
  const model = testModel();
  const { claimed, listed } = login("t1", "DEMO", shown.interaction);
  let isOffline = false;
  model.answer = (operation) => {
    if (isOffline) return "unreachable";
    if (operation === "listTransactions") return ok({ transactions: [listed] });
    return ok(operation === "claimTransaction" ? claimed : keyState());
  };
  await model.accounts.refresh("a");
  await vi.waitFor(() => expect(model.store.screen.name).toBe("transaction"));
  const { screen } = model.store;
  if (screen.name !== "transaction" || screen.codes === undefined) throw new Error(`codes were expected, not ${screen.name}`);
  isOffline = true;
  const wrong = screen.codes.find((code) => code !== screen.shown.verificationCode);
  actionsOf(model).chooseCode(wrong!);
  await vi.waitFor(() => expect(model.store.screen).toEqual({ name: "home", check: "unreachable" }));
  isOffline = false;
  model.asked.length = 0;
  actionsOf(model).openTransaction("a", "t1");
  await vi.waitFor(() => expect(model.store.screen).toMatchObject({ outcome: "wrong-code", relyingPartyName: "DEMO" }));
  expect(model.asked).toContain("refuseTransaction");
  expect(model.asked).not.toContain("claimTransaction");
  expect(model.refusals.size).toBe(0);
});

describe("a request that the person went away from", () => {
  const gone = () => {
    const model = testModel();
    const { claimed, listed } = login("t1", "DEMO");
    model.leftAlone.add("t1");
    model.answer = (operation) => {
      if (operation === "listTransactions") return ok({ transactions: [listed] });
      return ok(operation === "claimTransaction" ? claimed : keyState());
    };
    return model;
  };

  it("is not opened by a push, and home does not say that there is none", async () => {
    const model = gone();
    await check(model, "nothing");
    expect(model.store.screen).toEqual({ name: "home", check: "idle" });
  });

  it("is opened by the person's own tap", async () => {
    const model = gone();
    actionsOf(model).checkForTransactions();
    await vi.waitFor(() => expect(model.store.screen.name).toBe("transaction"));
  });
});

describe("a no", () => {
  const { claimed, listed } = login("t1", "DEMO");
  const FAILED: Answer = { ok: false, failure: { code: "server_error" } };
  const GONE: Answer = { ok: false, failure: { code: "no_such_transaction" } };

  /** At the request, which waits at the server too; that says so of a refusal. */
  function asked(
    refused: () => Answer | Promise<Answer> = () => ok({ refused: true }),
    interaction?: Presentation["interaction"],
  ) {
    const model = testModel();
    model.store.updateAccount("a", { waiting: [listed] });
    const request = { accountId: "a", claimed, shown: { ...shown, interaction: interaction ?? "displayTextAndPIN" } };
    model.store.go({ name: "transaction", ...request, busy: false });
    model.answer = (operation) => {
      if (operation === "refuseTransaction") return refused();
      if (operation === "listTransactions") return ok({ transactions: [listed] });
      return ok(operation === "claimTransaction" ? claimed : keyState());
    };
    const refusals = () => model.bodies.filter((body) => JSON.stringify(body).includes('"refusal"'));
    return { model, actions: actionsOf(model), refusals, request };
  }

  it.each([
    ["displayTextAndPIN", "transaction", "USER_REFUSED"],
    ["confirmationMessage", "transaction", "USER_REFUSED_INTERACTION"],
    ["confirmationMessage", "pin", "USER_REFUSED"],
  ] as const)("to a request that is shown as %s, on the screen %s, is told as %s, once", async (interaction, name, refusal) => {
    const { model, actions, refusals, request } = asked(undefined, interaction);
    if (name === "pin") model.store.go({ name, ...request, pin: EMPTY_PIN });
    actions.refuse();
    actions.refuse();
    await vi.waitFor(() => expect(model.store.screen).toMatchObject({ outcome: "refused" }));
    expect(refusals()).toEqual([{ transactionId: "t1", refusal }]);
  });

  it("from the PIN overwrites its digits at once", () => {
    const { model, actions, request } = asked();
    model.store.go({ name: "pin", ...request, pin: EMPTY_PIN });
    typeDigits(model, "902");
    actions.refuse();
    expect(model.store.pin.length).toBe(0);
  });

  it("that the server takes for none claims nothing, and is not said again", async () => {
    const { model, actions, refusals } = asked(() => ({ ok: false, failure: { code: "wrong_state" } }));
    actions.refuse();
    await vi.waitFor(() => expect(model.store.screen).toMatchObject({ outcome: "failed" }));
    await model.accounts.refresh("a");
    expect(model.asked).not.toContain("claimTransaction");
    expect(refusals()).toHaveLength(1);
  });

  it("that failed at the server is kept nowhere: the request can be opened again by a tap, and by nothing else", async () => {
    const { model, actions } = asked(() => FAILED);
    actions.refuse();
    await vi.waitFor(() => expect(model.store.screen).toMatchObject({ outcome: "failed" }));
    expect(model.refusals.size).toBe(0);
    actions.leave();
    await model.accounts.refresh("a");
    expect(model.store.screen.name).toBe("home");
    actions.openTransaction("a", "t1");
    await vi.waitFor(() => expect(model.store.screen.name).toBe("transaction"));
  });

  it("is no news to whoever is elsewhere when the server answers", async () => {
    const heard = Promise.withResolvers<Answer>();
    const { model, actions } = asked(() => heard.promise);
    actions.refuse();
    atPin(model, login("t2", "GOOD BANK"));
    heard.resolve(ok({ refused: true }));
    await vi.waitFor(() => expect(model.refusing.size).toBe(0));
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(model.store.screen).toMatchObject({ name: "pin", claimed: { transactionId: "t2" } });
  });

  it("said again on a tap is kept no longer", async () => {
    const { model, actions } = asked();
    model.refusals.set("t1", "USER_REFUSED");
    model.store.go({ name: "home", check: "idle" });
    vi.spyOn(model.accounts, "refresh").mockReturnValue(new Promise(() => undefined));
    actions.openTransaction("a", "t1");
    await vi.waitFor(() => expect(model.store.screen).toMatchObject({ outcome: "refused" }));
    expect(model.refusals.size).toBe(0);
  });

  describe("that is told later, and comes too late,", () => {
    it("is said at home, once, and the request waits no more", async () => {
      const { model } = asked(() => GONE);
      model.refusals.set("t1", "USER_REFUSED");
      model.store.go({ name: "home", check: "idle" });
      await resendRefusals(model, "a");
      expect(model.store.screen).toMatchObject({ outcome: "answered-elsewhere", relyingPartyName: "DEMO" });
      expect([model.store.account("a")?.waiting, model.refusals.size]).toEqual([[], 0]);
    });

    it("is not said in the place of what the person does", async () => {
      const { model } = asked(() => GONE);
      model.refusals.set("t1", "USER_REFUSED");
      atPin(model, login("t2", "GOOD BANK"));
      await resendRefusals(model, "a");
      expect(model.store.screen).toMatchObject({ name: "pin" });
    });

    it("is not said of what the app itself refused, because it could not be shown", async () => {
      const { model } = asked(() => GONE);
      model.refusals.set("t1", "PROTOCOL_FAILURE");
      model.store.go({ name: "home", check: "idle" });
      await resendRefusals(model, "a");
      expect([model.store.screen.name, model.refusals.size]).toEqual(["home", 0]);
    });
  });

  it.each([
    ["does not answer", "unreachable" as const, 1],
    ["answers that it is over", GONE, 0],
  ])("of the app itself is kept only where the server %s", async (_, answer, kept) => {
    const { model } = asked(() => answer);
    await tellNotPresentable(model, "a", "t1");
    expect(model.refusals.size).toBe(kept);
  });
});
