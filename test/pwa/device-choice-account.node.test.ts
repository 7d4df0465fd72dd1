// With which account a request that waits on several is used: with the one that the person named, once, and with none that is closed.
import { expect, it, vi } from "vitest";
import { type Answer, keyState, login, ok, testModel } from "./support/model.ts";
import type { ListedTransaction } from "../../src/authenticator/transactions.ts";
import { actionsOf } from "../../src/pwa/model/actions.ts";
import { choosable, openListed } from "../../src/pwa/model/device-choice.ts";

vi.mock("../../src/pwa/storage/database.ts", () => import("./support/database.ts"));

const { claimed, listed } = login("t1", "DEMO");
const SEVERAL: ListedTransaction = { ...listed, amongSeveral: true };

/** Asked which account; `heard`: what the server says of a refusal. */
async function asked(heard: () => Answer | Promise<Answer> = () => ok({ refused: true })) {
  const model = testModel(["a", "b"]);
  const waiting: Record<string, readonly ListedTransaction[]> = { a: [SEVERAL], b: [SEVERAL] };
  const claimedBy: string[] = [];
  model.answer = (operation, id) => {
    if (operation === "listTransactions") return ok({ transactions: waiting[id] });
    if (operation === "refuseTransaction") return heard();
    if (operation !== "claimTransaction") return ok(keyState());
    claimedBy.push(id);
    return ok(claimed);
  };
  for (const id of ["a", "b"]) model.store.updateAccount(id, { waiting: [SEVERAL] });
  await openListed(model, "b", "t1");
  return { model, waiting, claimedBy, actions: actionsOf(model) };
}

it("the account that is asked about is the one that is selected", async () => {
  const { model } = await asked();
  expect(model.store.state.selected).toBe("b");
});

it("an account that is closed is not among them", async () => {
  const { model, claimedBy, actions } = await asked();
  model.store.updateAccount("a", { state: keyState({ status: "closed" }) });
  expect(choosable(model.store.state, "t1").map(({ id }) => id)).toEqual(["b"]);
  actions.useDevice("a");
  expect(claimedBy).toEqual([]);
});

it("the account to which it is left is the one that opens it, whichever was asked about", async () => {
  const { model, waiting, claimedBy } = await asked();
  waiting["a"] = [listed];
  await model.accounts.refresh("a");
  await vi.waitFor(() => expect(claimedBy).toEqual(["a"]));
});

it("a no that is on its way is said once, and nothing is claimed meanwhile", async () => {
  const said = Promise.withResolvers<Answer>();
  const { model, claimedBy, actions } = await asked(() => said.promise);
  actions.refuse();
  expect(model.store.screen).toMatchObject({ name: "use-device", busy: true });
  actions.refuse();
  actions.useDevice("b");
  actions.leave();
  expect(model.store.screen.name).toBe("use-device");
  said.resolve(ok({ refused: true }));
  await vi.waitFor(() => expect(model.store.screen).toMatchObject({ outcome: "refused" }));
  expect(claimedBy).toEqual([]);
  expect(model.asked.filter((operation) => operation === "refuseTransaction")).toHaveLength(1);
});
