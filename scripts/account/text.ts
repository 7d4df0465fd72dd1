// Answers to an operator as lines for people. Times are UTC.
import { PURPOSES } from "../../src/account/purpose.ts";
import type { AccountReport, Answer, Indexed } from "../../src/protocol/operator-orders.ts";
import { closedReason, formatTime, PIN_NAMES } from "../authenticator/explain.ts";
import { columns } from "../authenticator/output.ts";

type Details = NonNullable<AccountReport["details"]>;

export function accountLines({ documentNumber, level, listedAs, handle, details }: AccountReport): string[] {
  return columns([
    ["document number", documentNumber],
    ["level", level.toLowerCase()],
    ["account", details === null ? "its object is lost: revoke its certificates by --serial" : lifeOf(details)],
    ["relying parties", listedAs === "active" ? "find it" : `do not find it (${listedAs})`],
    ...(details === null ? [] : detailRows(details)),
    ["object", handle],
  ]);
}

function lifeOf({ status, closedReason: reason, appliedAt, expiresAt }: Details): string {
  if (status === "closed") return `closed (${closedReason(reason)})`;
  if (status !== "active") return `enrolment under way (${status})`;
  return `active from ${formatTime(appliedAt)} until ${formatTime(expiresAt)}`;
}

function detailRows({ status, pins, certificates, outOfStep, undelivered }: Details): (readonly [name: string, value: string])[] {
  const { count, lastAt } = outOfStep;
  return [
    ...PURPOSES.map((purpose) => [PIN_NAMES[purpose], pinLine(pins[purpose], status)] as const),
    ...certificates.map(
      ({ purpose, serialNumber, notBefore, notAfter, index }) =>
        [
          `${PIN_NAMES[purpose]} certificate`,
          `${serialNumber}, ${formatTime(notBefore)} to ${formatTime(notAfter)}, ${statusText(index)}`,
        ] as const,
    ),
    ["out of step", count === 0 ? "never" : `${count} times, last at ${formatTime(lastAt)}`],
    ["still to be told", undelivered.map(({ kind, count: items }) => `${items} × ${kind}`).join(", ") || "nothing"],
  ];
}

function pinLine({ state, wrong, lockedUntil }: Details["pins"]["auth"], status: Details["status"]): string {
  const lives = { usable: "usable", locked: `locked until ${formatTime(lockedUntil)}`, dead: "locked for ever" };
  return `${status === "closed" ? "of no use any more" : lives[state]}, ${wrong} wrong since the last right one`;
}

function statusText(index: Indexed): string {
  switch (index.state) {
    case "good":
      return "good";
    case "revoked":
      return `revoked at ${formatTime(index.revokedAt)} (${index.reason})`;
    case "unknown":
      return "NOT IN THE INDEX";
    case "unreachable":
      return "the index did not answer";
  }
}

export function closedLines({ closed, account }: Answer<"close">): string[] {
  const { documentNumber, details } = account;
  const waits = details?.undelivered.some(({ kind }) => kind === "revocation") ?? false;
  const first = closed ? `${documentNumber} is closed.` : `${documentNumber} was closed before: this order changed nothing.`;
  return [
    first,
    ...(waits ? ["The certificate index did not take every revocation yet; the account repeats it until it does."] : []),
    "",
    ...accountLines(account),
  ];
}

export function revokedLines({ revoked, serialNumber, index }: Answer<"revokeCertificate">): string[] {
  return [
    revoked
      ? `${serialNumber} is ${statusText(index)}.`
      : `${serialNumber} was ${statusText(index)} before: this order changed nothing.`,
    "No account was closed by it.",
  ];
}
