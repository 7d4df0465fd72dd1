// A wrong choice stays one, and a request that the person went away from stays away until they ask for it.
import { describe, expect, it, vi } from "vitest";
import { deviceRecord, keyState, login, ok, testModel } from "./support/model.ts";
import { actionsOf } from "../../src/pwa/model/actions.ts";
import { check } from "../../src/pwa/model/checking.ts";
import { choicesFor } from "../../src/pwa/model/code-choice.ts";

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
