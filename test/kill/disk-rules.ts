// What must be true of an account on disk at any instant at which its server may be killed.
import type { ChainEvent } from "../../src/audit/chain.ts";
import { verifyChain } from "../../src/audit/verify-chain.ts";
import { PURPOSES, SUITES } from "../../src/account/purpose.ts";
import type { AccountOnDisk, IndexOnDisk, PersonOnDisk, Row } from "./disk.ts";
import type { Phone } from "./phone.ts";
import { hold } from "./violation.ts";

const LAST_ATTEMPT = 9;
const COUNTED: ReadonlySet<string> = new Set(["performSignature", "reKey"]);

/** Serial numbers that are to be revoked, with what they were for. */
type ToRevoke = readonly (readonly [serialNumber: string, why: string])[];

export function holdOnDisk(
  phone: Phone,
  account: AccountOnDisk,
  person: PersonOnDisk | undefined,
  { certificates, keks, audit }: IndexOnDisk,
): ToRevoke {
  holdAudit(phone, account, audit.get(phone.handle) ?? []);
  holdKeks(phone, account, keks.get(phone.handle) ?? []);
  holdPayments(phone, account);
  holdNonces(phone, account);
  holdCloneWatch(phone, account);
  holdPerson(phone, account, person);
  return holdKeys(phone, account, certificates);
}

/**
 * Fact and event are one commit, and none leaves before it is on disk: what came to the table, what waits and what was ever seen of either
 * is of the one chain that the account has, and its head never goes back. What a kill took from the queue itself is missing.
 */
function holdAudit(phone: Phone, account: AccountOnDisk, kept: readonly ChainEvent[]): void {
  const { head, waiting } = account.audit;
  const before = phone.auditHead;
  const isFurther = head.position > before.position || (head.position === before.position && head.hash === before.hash);
  hold("the audit chain never goes back", isFurther, () => [phone.documentNumber, before, head]);
  phone.auditHead = head;
  phone.auditEvents.push(...kept, ...waiting);
  const taken = (waiting[0]?.position ?? head.position + 1) - 1;
  const report = verifyChain(phone.handle, phone.auditEvents, { told: { state: "found", head, taken } });
  const wrong = report.problems.filter(({ code }) => code !== "missing");
  const beyond = phone.auditEvents.filter(({ position }) => position > head.position);
  hold("the audit chain is one and whole", wrong.length + beyond.length === 0, () => [phone.documentNumber, wrong, beyond, head]);
  if (report.problems.length === 0) holdRecorded(phone, account);
}

/** Only where every event was seen. */
function holdRecorded({ documentNumber, auditEvents }: Phone, { account, keys, wrong }: AccountOnDisk): void {
  const said: Row[] = auditEvents.map(({ kind, detail }) => ({ kind, ...(JSON.parse(detail) as object) }));
  const isSaid = (wanted: Row): boolean =>
    said.some((event) => Object.entries(wanted).every(([name, value]) => event[name] === value));
  const { status } = account;
  const isFact = {
    closed: status === "closed",
    activated: status === "active" || (status === "closed" && isSaid({ kind: "activated" })),
  };
  for (const [kind, fact] of Object.entries(isFact)) {
    hold(`the audit log has that an account is ${kind}, and when it is`, isSaid({ kind }) === fact, () => [
      documentNumber,
      status,
      said,
    ]);
  }
  for (const purpose of PURPOSES) {
    const count = wrong[purpose] ?? 0;
    const isPaid = count === 0 || isSaid({ kind: "wrong_pin", purpose, wrong: count });
    hold("the audit log has every wrong PIN", isPaid, () => [documentNumber, purpose, count, said]);
    const isDead = count >= LAST_ATTEMPT;
    hold("the audit log has every dead PIN", isDead === isSaid({ kind: "pin_dead", purpose }), () => [
      documentNumber,
      purpose,
      said,
    ]);
  }
  for (const { purpose, suite, key_version: keyVersion } of keys.filter(({ state }) => state === "certified")) {
    const issued = { kind: "certificate_issued", purpose, suite, keyVersion };
    hold("the audit log has every certificate", isSaid(issued), () => [documentNumber, issued, said]);
  }
}

/** Paid and answered are one: a request that is on disk was paid for, one that is not was not. */
function holdPayments(phone: Phone, { account, wrong, requests, pending, reKey }: AccountOnDisk): void {
  const request = phone.pending;
  const { trying } = phone;
  const isCounted = request !== undefined && COUNTED.has(request.operation);
  const arrived = request !== undefined && requests.has(request.requestId);
  const counts = { ...phone.wrong };
  let epoch = phone.epoch;
  const attempted =
    isCounted && arrived && trying !== undefined && !phone.isLocked(trying.purpose) && !phone.isDead(trying.purpose);
  if (attempted) {
    counts[trying.purpose] = trying.right ? 0 : counts[trying.purpose] + 1;
    if (epoch !== undefined) epoch++;
  }
  const found = Object.fromEntries(PURPOSES.map((purpose) => [purpose, wrong[purpose] ?? 0]));
  // A proof that came too late, or for which nothing was asked any more, pays for nothing.
  const isUnsure = attempted && request.operation === "reKey";
  const details = () => ({
    found,
    counts,
    request,
    trying,
    arrived,
    epoch,
    account: account["epoch"],
    document: phone.documentNumber,
  });
  hold("what was paid is what was answered", isUnsure || JSON.stringify(found) === JSON.stringify(counts), details);
  const isKeyChange = request !== undefined && !COUNTED.has(request.operation) && arrived;
  hold(
    "each attempt raised the epoch once",
    epoch === undefined || isUnsure || isKeyChange || account["epoch"] === epoch,
    details,
  );
  // As it is without what the phone has still to hear of; and where certificates are made, the server raises it by itself.
  const isStill = account["status"] === "active" && reKey === undefined && !isUnsure && !isKeyChange;
  phone.epoch = isStill ? Number(account["epoch"]) - (attempted ? 1 : 0) : undefined;

  const waiting = new Set(pending.map((row) => row["transaction_id"]));
  const isSigned = (id: string): boolean => waiting.has(id);
  hold("what is signed waits no more", ![...phone.signed].some(isSigned), details);
  if (attempted && trying.right && request.operation === "performSignature") {
    hold("what is signed waits no more", !waiting.has(request.transactionId), details);
  }
}

/** A nonce that was seen and is gone may have been used: it never comes back, and is never for anything else. */
function holdNonces(phone: Phone, { pending, keys }: AccountOnDisk): void {
  const present = new Map<string, string>();
  for (const row of pending)
    if (row["nonce"] instanceof Uint8Array) present.set(hex(row["nonce"]), String(row["transaction_id"]));
  for (const row of keys) {
    if (row["proof_nonce"] instanceof Uint8Array)
      present.set(hex(row["proof_nonce"]), `${String(row["purpose"])}:${String(row["key_version"])}`);
  }
  for (const [nonce, subject] of present) {
    const earlier = phone.nonces.get(nonce);
    hold("a nonce that is gone stays gone", earlier?.burnt !== true, () => [subject, earlier]);
    hold("a nonce is for one thing", (earlier?.subject ?? subject) === subject, () => [subject, earlier]);
    phone.nonces.set(nonce, { subject, burnt: false });
  }
  for (const [nonce, seen] of phone.nonces) if (!present.has(nonce)) seen.burnt = true;
}

/** A KEK may go when the index names it no more: it names each as long as anything is wrapped under it. */
function holdKeks({ documentNumber }: Phone, { account, keks, outbox }: AccountOnDisk, indexed: readonly string[]): void {
  // Nobody has to know of an enrolment, which lives an hour.
  if (account["applied_at"] === 0) return;
  const told = outbox
    .filter(({ kind }) => kind === "vault")
    .map(({ payload }) => JSON.parse(String(payload)) as { keks: string[] });
  const named = new Set([...indexed, ...told.flatMap((each) => each.keks)]);
  const unnamed = keks.filter(([id]) => !named.has(id));
  hold("the index names every KEK that is needed", unnamed.length === 0, () => [
    documentNumber,
    unnamed,
    [...named],
    account["status"],
  ]);
}

function holdCloneWatch({ documentNumber }: Phone, { cloneWatch }: AccountOnDisk): void {
  const isQuiet = cloneWatch["out_of_step"] === 0 && cloneWatch["wrong_answers"] === 0 && cloneWatch["challenge"] === null;
  hold("an honest phone is never taken for a copy", isQuiet, () => [documentNumber, cloneWatch]);
}

/** The person's list never knows more than the account: that would close it. */
function holdPerson(phone: Phone, { account, outbox }: AccountOnDisk, person: PersonOnDisk | undefined): void {
  const { status, closed_reason: reason, epoch } = account;
  hold(
    "nobody closes an account but who was asked to",
    status !== "closed" || (phone.closing && reason === "owner"),
    () => account,
  );
  hold("a closed account stays closed", !phone.closed || status === "closed", () => account);
  hold("an active account stays active", !phone.active || status === "active" || phone.closing, () => account);
  hold("an account tells only what is committed", (person?.epoch ?? 0) <= Number(epoch), () => [account, person]);
  const listed = person?.account?.["state"];
  if (status === "active") hold("the person's list has every active account", listed === "active", () => [account, person]);
  if (status !== "active" && status !== "issuing" && status !== "closed") {
    hold("the person's list has no account before its time", listed !== "active", () => [account, person]);
  }
  const isTold = outbox.some(({ kind }) => kind === "closed");
  if (status === "closed" && listed === "active") hold("the person's list will hear of the end", isTold, () => [account, outbox]);
}

/** Either an account is not active, or all of it is. Gives what has to be revoked by now. */
function holdKeys(phone: Phone, { account, keys, wrong }: AccountOnDisk, certificates: ReadonlyMap<string, Row>): ToRevoke {
  const toRevoke: [string, string][] = [];
  for (const purpose of PURPOSES) {
    const own = keys.filter((key) => key["purpose"] === purpose);
    const isDead = (wrong[purpose] ?? 0) >= LAST_ATTEMPT;
    const certified = own.filter(({ state }) => state === "certified");
    const details = () => ({
      purpose,
      account,
      own: own.map(({ state, suite, key_version: version }) => [state, suite, version]),
    });
    if (account["status"] === "active" && !isDead) {
      const suites = new Set(certified.map(({ suite }) => suite));
      const isOneEach = certified.length === SUITES.length && SUITES.every((suite) => suites.has(suite));
      hold("an active account has its keys, one of each suite", isOneEach, details);
      for (const key of certified) {
        const whole = [key["certificate"], key["server_share"], key["public_key"]].every((each) => each instanceof Uint8Array);
        hold("a certified key is whole", whole, details);
        const row = certificates.get(serialOf(key));
        hold("a key that stands has a good certificate in the index", row?.["revoked_at"] === null, () => [details(), row]);
        const isHeld = phone
          .standingKeys(purpose, key["suite"] as "rsa" | "ed25519")
          .some(({ keyVersion }) => keyVersion === key["key_version"]);
        hold("the phone has every key that stands", isHeld, details);
      }
    } else {
      hold("no key stands without its account", certified.length === 0, details);
    }
    for (const key of own) {
      const isGone = key["state"] === "destroyed";
      if (isGone) hold("what is destroyed has no share", key["server_share"] === null, details);
      if (isGone && key["index_entry"] !== null) toRevoke.push([serialOf(key), `${purpose} of ${phone.documentNumber}`]);
    }
  }
  return toRevoke;
}

/** Of what was announced; as the index writes it. */
function serialOf({ index_entry: entry }: Row): string {
  if (typeof entry !== "string") return "";
  return (JSON.parse(entry) as { serialNumberHex: string }).serialNumberHex;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
