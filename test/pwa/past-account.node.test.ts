// Which account a past request was of, where a person has several: in this browser, in others, and ones that ended.
import { describe, expect, it, vi } from "vitest";
import { keyState, ok, testModel, usable } from "./support/model.ts";
import { words } from "./support/words.ts";
import { askHistory } from "../../src/authenticator/history.ts";
import type { ChannelClient } from "../../src/authenticator/channel-client.ts";
import type { HistoryEntry } from "../../src/protocol/history.ts";
import { actionsOf } from "../../src/pwa/model/actions.ts";
import type { AccountView, KeyState } from "../../src/pwa/model/state.ts";
import { Disown, HistoryEntryView } from "../../src/pwa/views/history-entry.tsx";

vi.mock("../../src/pwa/storage/database.ts", () => import("./support/database.ts"));

/** Its spaces alike, whether or not a line may break there. */
const plain = (drawn: Parameters<typeof words>[0]): string => words(drawn).replaceAll("\u00a0", " ");

const number = (suffix: string): string => `PNOEE-50001029996-${suffix}-Q`;

const entry = (part: Partial<HistoryEntry>): HistoryEntry => ({
  id: "1",
  at: 5,
  kind: "authentication",
  flow: "QR",
  result: "confirmed",
  relyingPartyName: "DEMO",
  here: false,
  disowned: false,
  partyRefused: false,
  ...part,
});

/** The history is looked at with AAAA, which renewed a0LD; BBBB is of this browser, too. */
function browser(other: Partial<KeyState> = {}) {
  const model = testModel();
  const { store } = model;
  model.answer = () => ok({});
  const [first] = store.state.accounts as [AccountView];
  store.patch({
    selected: "a",
    accounts: [
      { ...first, id: "a", state: keyState({ documentNumber: number("AAAA") }), renewed: number("A0LD") },
      { ...first, id: "b", state: keyState({ documentNumber: number("BBBB"), ...other }) },
    ],
  });
  const actions = actionsOf(model);
  const of = (past: HistoryEntry) => ({
    accountId: "a",
    list: { entries: [past], more: false, refused: [] },
    entry: past,
  });
  return {
    store,
    actions,
    facts: (past: HistoryEntry) =>
      plain(HistoryEntryView({ screen: { name: "history-entry", ...of(past) }, state: store.state, actions })),
    reported: (past: HistoryEntry) => {
      store.go({ name: "disown", ...of(past), step: "done", refused: false, busy: false });
      const { screen, state } = store;
      return screen.name === "disown" ? plain(Disown({ screen, state, actions })) : "";
    },
  };
}

describe("a past request", () => {
  it.each([
    [{ here: true, account: number("AAAA") }, "On this device: •••• AAAA"],
    [{ account: number("BBBB") }, "On this device, your other account •••• BBBB"],
    [{ account: number("A0LD") }, "On this device, before it was renewed: •••• A0LD"],
    [{ account: number("CCCC") }, "Not on this device: •••• CCCC"],
    // From a server of before.
    [{ here: true }, "On this device: •••• AAAA"],
    [{}, "Not on this device: ••••"],
  ] as const)("of %o says where its account is", (part, said) => {
    expect(browser().facts(entry(part))).toContain(said);
  });

  it("that somebody else started leads to another PIN of the account that it was of, wherever in this browser that is", () => {
    const { store, actions, reported } = browser();
    expect(reported(entry({ here: true }))).toContain("Change PIN1 Done");
    expect(reported(entry({ account: number("BBBB"), kind: "signature" }))).toContain("Change PIN2 of •••• BBBB");
    actions.changePin("sign", "b");
    expect(store.screen).toMatchObject({ name: "change-pin", accountId: "b", purpose: "sign", stage: "old" });
    // The way back is to that account's settings.
    actions.leave();
    expect(store.state.selected).toBe("b");
  });

  it("says where the PIN is changed if that is not here, and of which account", () => {
    const said = browser().reported(entry({ account: number("CCCC") }));
    expect(said).toMatch(/PIN1 of your account •••• CCCC, which is not on this device/);
    expect(said).not.toContain("Change PIN1");
    const certificate = browser().reported(entry({ account: number("CCCC"), kind: "certificate-choice" }));
    expect(certificate).not.toContain("CCCC");
  });

  it("of an account that ended here offers no PIN to be changed", () => {
    const { reported } = browser({ status: "closed", pins: { auth: usable(3), sign: usable(3) } });
    expect(reported(entry({ account: number("BBBB") }))).not.toContain("Change PIN1");
    expect(reported(entry({ account: number("A0LD") }))).not.toContain("Change PIN1");
  });
});

it("asks a server of before for what it knows, and nobody twice who has answered", async () => {
  const bodies: unknown[] = [];
  const answering = (...codes: readonly string[]) => {
    const left = [...codes];
    return {
      call: async (_: string, build: () => unknown) => {
        bodies.push(build());
        const code = left.shift();
        return code === undefined ? ok({ entries: [], more: false }) : { ok: false, failure: { code } };
      },
    } as unknown as ChannelClient;
  };
  const page = { limit: 3, before: { at: 5, id: "1" } };
  expect(await askHistory(answering("malformed"), page)).toMatchObject({ ok: true });
  expect(bodies.splice(0)).toEqual([{ ...page, accounts: true }, page]);
  expect(await askHistory(answering("server_error"), page)).toMatchObject({ ok: false });
  expect(bodies).toHaveLength(1);
});
