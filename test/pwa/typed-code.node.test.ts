// The code that the person types: it is nowhere in the app to be read, there is no way around it, and a wrong one ends the request, at once
// where three were to choose from.
import "./support/page.ts";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { actionsOf } from "../../src/pwa/model/actions.ts";
import { clearDatabase, stores } from "./support/database.ts";
import { deviceRecord, keyState, login, ok, testModel, type TestModel } from "./support/model.ts";

vi.mock("../../src/pwa/storage/database.ts", () => import("./support/database.ts"));
vi.mock("../../src/pwa/key-work/key-work.ts", () => ({ runKeyWork: vi.fn<() => void>(), StartedKeyWork: vi.fn<() => void>() }));

const CHOICE = "confirmationMessageAndVerificationCodeChoice";
let model: TestModel;
const screen = (): unknown => model.store.screen;
const soon = (seen: () => void): Promise<void> => vi.waitFor(seen, { interval: 1 });

/** At a request of that interaction, and the code that its relying party shows. */
async function at(interaction: string): Promise<string> {
  const { claimed, listed } = login("t1", "DEMO", interaction);
  model.answer = (operation) => {
    if (operation === "listTransactions") return ok({ transactions: [listed] });
    return ok(operation === "claimTransaction" ? claimed : keyState());
  };
  await model.accounts.refresh("a");
  await soon(() => expect(screen()).toMatchObject({ name: "transaction" }));
  return model.store.screen.name === "transaction" ? model.store.screen.shown.verificationCode : "";
}

function types(digits: string): void {
  for (const digit of digits) actionsOf(model).press(Number(digit));
}

/** Another code of as many digits. */
const other = (code: string): string => code.replace(/^./, (digit) => String((Number(digit) + 1) % 10));
const refusals = (): unknown[] => model.bodies.filter((body) => JSON.stringify(body).includes("refusal"));

beforeEach(() => {
  clearDatabase();
  stores.records.set("a", deviceRecord());
  stores.accounts.set("a", { id: "a", createdAt: 1, state: keyState(), clockSkew: 0 });
  model = testModel();
  model.store.updateAccount("a", { typesCode: true });
});

describe.each([["displayTextAndPIN"], ["confirmationMessage"], [CHOICE]])("a request by %s", (interaction) => {
  // What is stored says the same as what is shown.
  beforeEach(() => model.accounts.setOwn("a", { typesCode: true }));

  it("leads to its PIN by the right code alone, and none is there to choose", async () => {
    const code = await at(interaction);
    expect(screen()).toMatchObject({ typing: { digits: "" } });
    expect(screen()).not.toHaveProperty("codes");
    const { proceed, chooseCode, confirmCode, erase, leave } = actionsOf(model);
    proceed();
    chooseCode(code);
    types(code.slice(0, 3));
    confirmCode();
    expect(screen()).toMatchObject({ name: "transaction" });
    erase();
    types(`${code.slice(2)}9`);
    expect(screen()).toMatchObject({ typing: { digits: code } });
    confirmCode();
    await soon(() => expect(screen()).toMatchObject({ name: "pin", pin: { length: 0 } }));
    // Back from there, it is typed anew.
    leave();
    expect(screen()).toMatchObject({ name: "transaction", typing: { digits: "" } });
  });
});

it("a wrong code ends a request with three codes at once, as a wrong choice does", async () => {
  await model.accounts.setOwn("a", { typesCode: true });
  types(other(await at(CHOICE)));
  actionsOf(model).confirmCode();
  await soon(() => expect(screen()).toMatchObject({ outcome: "wrong-code" }));
  expect(refusals()).toEqual([{ transactionId: "t1", refusal: "WRONG_VC" }]);
});

it.each(["displayTextAndPIN", "confirmationMessage"])(
  "the third wrong code ends a request by %s, as a refusal, whether or not the person went away in between",
  async (interaction) => {
    await model.accounts.setOwn("a", { typesCode: true });
    const code = await at(interaction);
    const { confirmCode, leave, openTransaction } = actionsOf(model);
    types(other(code));
    confirmCode();
    await soon(() => expect(screen()).toMatchObject({ typing: { digits: "", triesLeft: 2 } }));
    leave();
    await soon(() => expect(screen()).toMatchObject({ name: "home" }));
    openTransaction("a", "t1");
    await soon(() => expect(screen()).toMatchObject({ name: "transaction", typing: { digits: "" } }));
    types(other(code));
    confirmCode();
    await soon(() => expect(screen()).toMatchObject({ typing: { triesLeft: 1 } }));
    expect(refusals()).toEqual([]);
    types(other(code));
    confirmCode();
    await soon(() => expect(screen()).toMatchObject({ outcome: "wrong-code" }));
    expect(refusals()).toEqual([{ transactionId: "t1", refusal: "USER_REFUSED" }]);
  },
);

it("codes are typed for the account alone that it was chosen for, and a new start still knows", async () => {
  expect(stores.accounts.get("a")).not.toHaveProperty("typesCode", true);
  actionsOf(model).setTypesCode("a", true);
  await soon(() => expect(stores.accounts.get("a")).toMatchObject({ typesCode: true }));
  await model.accounts.refresh("a");
  const later = testModel(["a", "b"]);
  await later.accounts.load();
  expect(later.store.account("a")?.typesCode).toBe(true);
  expect(later.store.account("b")?.typesCode).toBeUndefined();
  actionsOf(later).setTypesCode("a", false);
  await soon(() => expect(stores.accounts.get("a")).toMatchObject({ typesCode: false }));
});
