// From a basic account to a full one: where it is offered, and what becomes of the request that needed it.
import { describe, expect, it, vi } from "vitest";
import { deviceRecord, keyState, testModel } from "./support/model.ts";
import { words } from "./support/words.ts";
import { actionsOf } from "../../src/pwa/model/actions.ts";
import type { ArrivedLink } from "../../src/pwa/model/screen-parts.ts";
import type { AccountView } from "../../src/pwa/model/state.ts";
import { mayBecomeFull } from "../../src/pwa/model/upgrade.ts";
import { LinkAccounts } from "../../src/pwa/views/link.tsx";

vi.mock("../../src/pwa/storage/database.ts", () => import("./support/database.ts"));

const OWNER = deviceRecord().owner!;
const basic: AccountView = {
  id: "a",
  owner: OWNER,
  state: keyState({ level: "ADVANCED" }),
  clockSkew: 0,
  waiting: [],
};
const full = (part: Partial<AccountView> = {}): AccountView => ({ ...basic, id: "b", state: keyState(), ...part });
const closed = keyState({ status: "closed" });

describe("a full account is offered in the place of a basic one", () => {
  it.each<readonly [string, AccountView, readonly AccountView[], boolean]>([
    ["that is alone", basic, [], true],
    ["whose person has a full one in this browser", basic, [full()], false],
    ["whose person had one, which is closed", basic, [full({ state: closed })], true],
    ["beside somebody else's full one", basic, [full({ owner: { ...OWNER, semanticsIdentifier: "PNOEE-40504040001" } })], true],
    ["that is closed itself", { ...basic, state: { ...closed, level: "ADVANCED" } }, [], false],
    ["that is none: it is full", full(), [], false],
    ["of which nothing is known yet", { ...basic, state: undefined }, [], false],
    [
      "beside one that is not finished, which would be gone on with",
      basic,
      [full({ state: keyState({ status: "issuing" }) })],
      false,
    ],
  ])("%s", (_, account, others, expected) => {
    expect(mayBecomeFull({ accounts: [account, ...others], offered: undefined }, account)).toBe(expected);
  });
});

it.each([
  ["self-asserted", ["ADVANCED", "QUALIFIED"], true],
  ["self-asserted", ["ADVANCED"], false],
  ["video", ["QUALIFIED"], false],
])("is offered where a method with a screen here gives one: %s, %o", (name, levels, expected) => {
  expect(mayBecomeFull({ accounts: [basic], offered: [{ name, levels }] }, basic)).toBe(expected);
});

const link: ArrivedLink = { deviceLinkType: "Web2App", sessionType: "sign", sessionToken: "t", text: "link" };

/** A request that this account is too little for. */
function refused(rescan: boolean) {
  const model = testModel();
  model.answer = () => "unreachable";
  model.store.patch({ accounts: [basic] });
  const screen = { name: "link-accounts", link, tried: ["a"], rescan } as const;
  model.store.go(screen);
  return { model, screen, actions: actionsOf(model) };
}

it("is offered where a request may have needed one, which is opened with the new account", () => {
  const { model, screen, actions } = refused(false);
  expect(words(LinkAccounts({ screen, state: model.store.state, actions }))).toContain("Make it a full account");
  actions.renew("a");
  expect(model.renewing).toBe("a");
  expect(model.unopened).toBe(link);
  expect(model.store.screen.name).not.toBe("link-accounts");
  actions.leave();
});

it("is offered for a code that was scanned, too, which is too old when the new account is there", () => {
  const { model, actions } = refused(true);
  actions.renew("a");
  expect(model.renewing).toBe("a");
  expect(model.unopened).toBeUndefined();
  actions.leave();
});

it("answers the request with the new account, also where the one before is not closed yet", () => {
  const { model, actions } = refused(false);
  model.unopened = link;
  model.store.patch({ accounts: [basic, full()], selected: "b" });
  model.store.go({ name: "outcome", outcome: "account-active" });
  actions.leave();
  expect(model.store.screen).toMatchObject({ name: "link-opening", accountId: "b", link });
});

it("is begun from the account's details", () => {
  const { model, actions } = refused(false);
  // Walked away from: nothing opens it later.
  model.unopened = link;
  model.store.go({ name: "account-details", accountId: "a", asking: false });
  actions.renew("a");
  expect(model.renewing).toBe("a");
  expect(model.unopened).toBeUndefined();
  actions.leave();
});
