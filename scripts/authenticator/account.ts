// The account itself: made, looked at, closed, and closed for having been copied.
import { answerChallenge } from "../../src/authenticator/transactions.ts";
import { missingSuites, settleKeys } from "../../src/authenticator/re-key.ts";
import { closeForSuccessor, isDueForRenewal } from "../../src/authenticator/renewal.ts";
import { type Purpose, PURPOSES } from "../../src/account/purpose.ts";
import { chosenPins } from "./chosen-pins.ts";
import { CommandFailure, usageFailure } from "./command-failure.ts";
import { type Context, pinFor } from "./context.ts";
import { type AccountState, enrolAccount } from "./enrolment.ts";
import { attempts, closedReason, commandFailure, formatLock, formatTime, PIN_NAMES } from "./explain.ts";
import { identityOf } from "./options.ts";
import { columns } from "./output.ts";
import { withPin } from "./pin-bytes.ts";
import { printable } from "./printable.ts";

export async function enrol({ options, storage, client, output }: Context): Promise<void> {
  const identity = identityOf(options.values);
  const pins = chosenPins(options.pins, identity);
  const state = await storage.keepLocked(async () => {
    const { owner } = (await storage.read()) ?? {};
    if (options.values.code !== undefined && owner !== undefined && owner.semanticsIdentifier !== semantics(identity)) {
      const message = `This state file is for ${owner.semanticsIdentifier}: delete --yes first, or choose another file with --state.`;
      throw new CommandFailure("account_exists", message);
    }
    return enrolAccount(client, identity, pins, (line) => output.note(`  ${line}`));
  });
  const { documentNumber, level, expiresAt, renewFrom } = state;
  const lines = columns([
    ["document number", documentNumber],
    ["level", level.toLowerCase()],
    ["active until", formatTime(expiresAt)],
    ...renewalRows(state),
    ["state file", storage.path],
  ]);
  output.answer(lines, { documentNumber, level, expiresAt, renewFrom });
}

const semantics = ({ country, personalCode }: ReturnType<typeof identityOf>): string => `PNO${country}-${personalCode}`;

export async function status({ storage, client, output }: Context): Promise<void> {
  const settled = await settleKeys(client);
  if (!settled.ok) throw commandFailure(settled.failure);
  const { state, exchanged } = settled.value;
  const { owner } = (await storage.read()) ?? {};
  const person = owner === undefined ? "nobody yet" : `${owner.givenName} ${owner.surname}, ${owner.semanticsIdentifier}`;
  const lines = [
    ...columns([
      ["person", person],
      ["document number", state.documentNumber || "none yet"],
      ["level", state.level.toLowerCase() || "none yet"],
      ["account", lifeOf(state)],
      ...renewalRows(state),
      ...PURPOSES.map((purpose) => [PIN_NAMES[purpose], pinLine(purpose, state)] as const),
      ...reKeyRows(state),
      ...awaitedRows(state),
      ["server", client.server.url],
      ["state file", storage.path],
    ]),
    ...exchanged.map(
      (purpose) => `An interrupted change of ${PIN_NAMES[purpose]} is finished: it is the one that was chosen then.`,
    ),
    ...renewal(state),
    ...lacking(state),
    ...warnings(state),
    ...state.notices.map(noticeLine),
  ];
  output.answer(lines, { ...state, owner, server: client.server.url });
}

function lifeOf({ status: life, closedReason: reason, now, expiresAt }: AccountState): string {
  if (life === "closed") return `closed (${closedReason(reason)})`;
  if (life !== "active") return `enrolment under way (${life}): call enrol again to go on`;
  return now < expiresAt ? `active until ${formatTime(expiresAt)}` : `expired since ${formatTime(expiresAt)}: enrol anew`;
}

/** A server of before does not say it. */
const renewalRows = ({ renewFrom = 0 }: AccountState): (readonly [string, string])[] =>
  renewFrom === 0 ? [] : [["to be renewed", `from ${formatTime(renewFrom)} on`]];

const renewal = (state: AccountState): string[] =>
  isDueForRenewal(state)
    ? [
        `This account ends at ${formatTime(state.expiresAt)}. To renew it: enrol with another file (--state), then close this one:`,
        "         delete --yes --successor DOCUMENT-NUMBER (of the new one)",
      ]
    : [];

/** After a certificate was given by device link. */
const awaitedRows = ({ awaited }: AccountState): (readonly [string, string])[] =>
  awaited === null
    ? []
    : [["waits for", `a signature request of ${printable(awaited.relyingPartyName)}, until ${formatTime(awaited.until)}`]];

/** `usable, 3 attempts left; keys rsa 1, ed25519 2`: each by its suite and version. */
function pinLine(purpose: Purpose, { status: life, pins, keys, now }: AccountState): string {
  const { state, attemptsLeft, lockedUntil } = pins[purpose];
  if (life === "closed") return "of no use any more";
  if (state === "dead") return "locked for ever";
  const usable = state === "locked" ? `locked until ${formatLock(lockedUntil, now)}` : `usable, ${attempts(attemptsLeft)}`;
  const named = keys.filter((key) => key.purpose === purpose).map(({ suite, keyVersion }) => `${suite} ${keyVersion}`);
  return named.length === 0 ? usable : `${usable}; keys ${named.join(", ")}`;
}

function reKeyRows({ reKey }: AccountState): (readonly [string, string])[] {
  if (reKey === null) return [];
  const { purpose, suites, state, until } = reKey;
  const how = state === "allowed" ? `to be made until ${formatTime(until)}` : "made, their certificates are on the way";
  return [["new keys", `of ${PIN_NAMES[purpose]} (${suites.join(", ")}): ${how}`]];
}

function lacking(state: AccountState): string[] {
  if (state.status !== "active") return [];
  const usable = PURPOSES.filter((purpose) => state.pins[purpose].state === "usable");
  const missing = usable.flatMap((purpose) => missingSuites(state, purpose).map((suite) => `${suite} for ${PIN_NAMES[purpose]}`));
  return missing.length === 0 ? [] : [`This account has no key of ${missing.join(", ")}: add-keys makes what is missing.`];
}

/** `Notice: PNOEE-…-Q was closed (by its owner), 2026-11-22T03:12:05Z.` */
function noticeLine(notice: AccountState["notices"][number]): string {
  return `Notice: this person's account ${notice.documentNumber} ${happenedTo(notice)}, ${formatTime(notice.at)}.`;
}

function happenedTo(notice: AccountState["notices"][number]): string {
  switch (notice.kind) {
    case "closed":
      return `was closed (${closedReason(notice.reason)}) and its certificates revoked`;
    case "pin_dead":
      return `has ${PIN_NAMES[notice.purpose]} locked for ever and that certificate revoked`;
    case "new_account":
      return "was asked for: was it not you, tell whoever runs the service";
  }
}

function warnings({ outOfStep: { count, lastAt, unansweredForGood } }: AccountState): string[] {
  if (count === 0) return [];
  const times = count === 1 ? "A request came" : `${count} requests came`;
  return [
    `Warning: ${times} out of step, last at ${formatTime(lastAt)}. Somebody may hold a copy of the state file.`,
    "         Was it not you, with an old copy: delete this account and enrol anew.",
    ...(unansweredForGood ? ["         Whoever it was answered with a wrong PIN1 too often and is not asked any more."] : []),
  ];
}

export async function close({ options, storage, client, output }: Context): Promise<void> {
  const { yes, forget, successor } = options.values;
  if (yes !== true) throw usageFailure("this cannot be undone; if you mean it: delete --yes");
  if (forget === true) {
    await storage.exclusively(() => storage.remove());
    return output.answer(["The state file is removed. The server was not told."], { closed: false });
  }
  const answer = await (successor === undefined ? client.call("revokeKey", () => ({})) : closeForSuccessor(client, successor));
  if (!answer.ok && answer.failure.code !== "account_closed") throw commandFailure(answer.failure);
  await storage.exclusively(() => storage.remove());
  output.answer(["The account is closed, its certificates are revoked, and the state file is removed."], { closed: true });
}

/** A challenge is good for once and five minutes, so a new one is drawn out of the server by any request out of step. */
export async function answerCloneChallenge(context: Context): Promise<void> {
  const { client, output } = context;
  const pin = pinFor(context, "auth");
  const drawn = await client.call("getKeyState", () => ({}));
  if (drawn.ok) throw new CommandFailure("in_step", "This state file is in step with the server: nothing asks for a proof.");
  if (drawn.failure.code !== "out_of_step" || drawn.failure.challenge === undefined) throw commandFailure(drawn.failure);
  const { challenge } = drawn.failure;
  const answered = await withPin(pin, (bytes) => answerChallenge(client, challenge, bytes));
  if (!answered.ok) throw commandFailure(answered.failure, "auth");
  output.answer(["Two devices held the same keys: the account is closed for both. Enrol anew."], { closed: true });
}
