// What became of past requests.
import type { HistoryEntry } from "../../../src/protocol/history.ts";
import { NOW } from "./gallery.ts";
import { account, DAY, HOUR, ID, JURIS, keyState, PARTY } from "./people.ts";
import { each, type Picture, type Pictures, type ScreenOf } from "./picture.ts";
import { PROBLEMS } from "./problems.ts";

const entry = (part: Partial<HistoryEntry> = {}): HistoryEntry => ({
  id: ID,
  at: NOW - HOUR,
  kind: "authentication",
  flow: "Notification",
  result: "confirmed",
  relyingPartyName: PARTY,
  here: true,
  account: "PNOEE-50001029996-K2GN-Q",
  disowned: false,
  partyRefused: false,
  ...part,
});

const RESULTS: Readonly<Record<HistoryEntry["result"], Partial<HistoryEntry>>> = {
  confirmed: { flow: "QR" },
  refused: { kind: "signature", flow: "Web2App", disowned: true },
  wrong_code: { disowned: true, partyRefused: true },
  timed_out: { here: false, account: "PNOEE-50001029996-W9PL-NQ", partyRefused: true },
  failed: { kind: "signature", flow: "App2App" },
};
/** One of each, days apart. */
const ENTRIES = (Object.keys(RESULTS) as HistoryEntry["result"][]).map((result, days) =>
  entry({ ...RESULTS[result], result, id: `${ID}${days}`, at: NOW - days * days * DAY - HOUR }),
);
const CERTIFICATE = entry({ kind: "certificate-choice", id: `${ID}certificate` });

const LIST: NonNullable<ScreenOf<"history">["list"]> = {
  entries: [CERTIFICATE, ...ENTRIES],
  more: true,
  refused: [
    { id: ID, relyingPartyName: PARTY, since: NOW - 4 * DAY },
    { id: `${ID}2`, relyingPartyName: "Post", since: NOW },
  ],
};
const EMPTY = { entries: [], more: false, refused: [] };

/** Of the same person, in this browser, too. */
const OTHER_NUMBER = "PNOEE-50001029996-T5RD-NQ";
const BOTH = {
  accounts: [
    account({ renewed: "PNOEE-50001029996-A0LD-Q" }),
    account({ id: "other", state: keyState({ level: "ADVANCED", documentNumber: OTHER_NUMBER }) }),
  ],
};
const WITH_OTHER = entry({ here: false, account: OTHER_NUMBER });
const TWO = { accounts: [account(), JURIS] };

const history = (part: Partial<ScreenOf<"history">>): Picture<"history"> => ({
  screen: { name: "history", accountId: "mari", list: LIST, busy: false, ...part },
});
const one = (shown: HistoryEntry): Picture<"history-entry"> => ({
  screen: { name: "history-entry", accountId: "mari", list: LIST, entry: shown },
});
const disown = (shown: HistoryEntry, part: Partial<ScreenOf<"disown">> = {}): Picture<"disown"> => ({
  screen: { name: "disown", accountId: "mari", list: LIST, entry: shown, step: "ask", refused: false, busy: false, ...part },
});

export const HISTORY: Pictures<"history" | "history-entry" | "disown"> = {
  history: {
    list: { ...history({}), ...TWO },
    "older ones": history({ busy: true }),
    empty: history({ list: EMPTY }),
    loading: history({ list: undefined, busy: true }),
    unreachable: history({ list: undefined, problem: PROBLEMS.unreachable }),
    offline: { ...history({ list: undefined, problem: PROBLEMS.unreachable }), online: false },
    failed: history({ list: undefined, problem: PROBLEMS.failed }),
    "more not reached": history({ problem: PROBLEMS.unreachable }),
  },
  "history-entry": {
    ...each(RESULTS, (result) => one(entry({ ...RESULTS[result], result }))),
    certificate: { ...one(CERTIFICATE), ...TWO },
    "other account": { ...one(WITH_OTHER), ...BOTH },
    "before renewal": { ...one(entry({ here: false, account: "PNOEE-50001029996-A0LD-Q" })), ...BOTH },
  },
  disown: {
    asked: { ...disown(entry()), ...TWO },
    "to refuse": disown(entry({ disowned: true })),
    "already refused": disown(entry({ partyRefused: true })),
    telling: disown(entry(), { busy: true }),
    problem: disown(entry(), { problem: PROBLEMS.unreachable }),
    done: disown(entry(), { step: "done" }),
    "done, refused": disown(entry({ result: "refused" }), { step: "done", refused: true }),
    "done, other account": { ...disown(WITH_OTHER, { step: "done" }), ...BOTH },
    "done, not here": disown(entry({ here: false, account: "PNOEE-50001029996-W9PL-NQ" }), { step: "done" }),
    "done, certificate": disown(CERTIFICATE, { step: "done" }),
  },
};
