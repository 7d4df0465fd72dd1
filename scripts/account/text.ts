// Answers to an operator as lines for people. Times are UTC.
import { PURPOSES } from "../../src/account/purpose.ts";
import type { AccountReport, Answer, Indexed } from "../../src/protocol/operator-orders.ts";
import { closedReason, formatTime, PIN_NAMES } from "../authenticator/explain.ts";
import { columns } from "../authenticator/output.ts";

type Details = NonNullable<AccountReport["details"]>;

export function accountLines(account: AccountReport): string[] {
  const { documentNumber, level, listedAs, handle, details } = account;
  return columns([
    ["document number", documentNumber],
    ["level", level.toLowerCase()],
    ["account", details === null ? withoutObject(account) : lifeOf(details)],
    ["relying parties", listedAs === "active" ? "find it" : `do not find it (${listedAs})`],
    ...(details === null ? [] : detailRows(details)),
    ...listedRows(account),
    ["object", handle],
  ]);
}

function withoutObject({ object, listedAs, listedCertificates }: AccountReport): string {
  if (object === "unreachable") return "its object did not answer: try again";
  const isDone = listedAs === "closed" && listedCertificates.every(({ index }) => index.state === "revoked");
  return `LOST: its object holds nothing and can sign nothing${isDone ? "" : "; close it"}`;
}

/** What the account itself does not tell of. */
function listedRows({ listedCertificates, details }: AccountReport): (readonly [name: string, value: string])[] {
  if (details === null && listedCertificates.length === 0) return [["certificates", "not known: no serial number was kept"]];
  const told = new Set(details?.certificates.map(({ serialNumber }) => serialNumber));
  return listedCertificates
    .filter(({ serialNumber }) => !told.has(serialNumber))
    .map(({ serialNumber, index }) => ["certificate", `${serialNumber}, ${statusText(index)}`] as const);
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
      ({ purpose, suite, serialNumber, issuer, notBefore, notAfter, index }) =>
        [
          `${PIN_NAMES[purpose]} ${suite} certificate`,
          issuer === ""
            ? `${serialNumber}, known by its number alone, ${statusText(index)}`
            : `${serialNumber}, ${formatTime(notBefore)} to ${formatTime(notAfter)}, ${statusText(index)}`,
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

export function closedLines({ closed, revokedByOrder, account }: Answer<"close">): string[] {
  const { documentNumber } = account;
  const changed = closed || revokedByOrder.length > 0;
  const first = closed
    ? `${documentNumber} is closed.`
    : `${documentNumber} was closed before${changed ? "." : ": this order changed nothing."}`;
  return [first, ...revokedByOrder.map(healedLine(account)), ...warnings(account), "", ...accountLines(account)];
}

const healedLine =
  ({ object }: AccountReport) =>
  (serialNumber: string): string =>
    `This order revoked ${serialNumber}, ${object === "lost" ? "by the number that the person's list kept" : "which the index did not call revoked"}.`;

/** What a closed account leaves behind, and who sees to it. */
function warnings({ object, details, listedCertificates }: AccountReport): string[] {
  const certificates = [...(details?.certificates ?? []), ...listedCertificates];
  if (details?.undelivered.some(({ kind }) => kind === "revocation") === true)
    return ["The certificate index did not take every revocation yet; the account repeats it until it does."];
  if (certificates.some(({ index: { state } }) => state === "good" || state === "unreachable"))
    return ["Not every certificate is known to be revoked: give the order again."];
  if (object !== "lost" || certificates.some(({ index }) => index.state === "revoked")) return [];
  return certificates.length === 0
    ? [
        "NOTHING IS REVOKED: the object is lost and no serial number was kept. Whoever has the certificates (the person, a relying",
        "party) knows their numbers, which revoke --serial takes.",
      ]
    : ["NOTHING IS REVOKED: the index has none of these certificates, and whoever asks it is told that it does not know them."];
}

export function revokedLines({ revoked, serialNumber, index }: Answer<"revokeCertificate">): string[] {
  return [
    revoked
      ? `${serialNumber} is ${statusText(index)}.`
      : `${serialNumber} was ${statusText(index)} before: this order changed nothing.`,
    "No account was closed by it.",
  ];
}
