// From a month's counts to bills: one for each party, and all of them together. Amounts are exact until a party's sum, which is rounded to
// two places, half a cent up; all together are the rounded sums, so that the bills add up. No I/O.
import { CommandFailure } from "../authenticator/command-failure.ts";
import { fromMillionths, toCents } from "./decimal.ts";
import { monthlyFee, priceOf, type Prices } from "./prices.ts";

export interface UsageRow {
  readonly party: string;
  readonly kind: string;
  readonly flow: string;
  readonly level: string;
  readonly result: string;
  readonly sessions: number;
}

export interface BilledParty {
  /** UUID, lower case. */
  readonly uuid: string;
  /** Empty for one that is not registered any more. */
  readonly name: string;
}

/** When a party was enabled. Milliseconds since the epoch. */
export interface EnabledPeriod {
  readonly uuid: string;
  readonly since: number;
  /** Null: it still is. */
  readonly until: number | null;
}

/** Amounts are decimals; undefined where no prices were given. */
export interface BillLine extends Omit<UsageRow, "party"> {
  readonly unitPrice?: string;
  readonly amount?: string;
}

export interface PartyBill {
  readonly party: string;
  readonly name: string;
  readonly lines: readonly BillLine[];
  readonly monthlyFee?: string;
  readonly sessions: number;
  readonly amount?: string;
}

export interface Bill {
  /** 2026-11, UTC. */
  readonly month: string;
  readonly currency?: string;
  readonly parties: readonly PartyBill[];
  readonly sessions: number;
  readonly amount?: string;
}

export interface BillInput {
  readonly month: string;
  /** Everybody who is registered. */
  readonly parties: readonly BilledParty[];
  /** Of all time. */
  readonly periods: readonly EnabledPeriod[];
  readonly usage: readonly UsageRow[];
  readonly prices?: Prices | undefined;
  /** UUID: of this party alone. */
  readonly only?: string | undefined;
}

/**
 * The same whenever it is made after the month: nothing counts that is so now and was not then. Throws a CommandFailure for sessions
 * without a price, and for a party that nobody knows.
 */
export function makeBill({ month, parties, periods, usage, prices, only }: BillInput): Bill {
  const everybody = [...parties, ...strangers(parties, periods, usage)].toSorted(byName);
  const named = [...Object.keys(prices?.parties ?? {}), ...(only === undefined ? [] : [only])];
  const unknown = named.find((uuid) => !everybody.some((party) => party.uuid === uuid));
  if (unknown !== undefined) throw new CommandFailure("no_such_party", `There is no relying party ${unknown}`);
  const billed = everybody.filter(({ uuid }) => only === undefined || uuid === only);
  checkPrices(
    prices,
    usage.filter(({ party }) => billed.some(({ uuid }) => uuid === party)),
  );
  const customers = customersOf(month, periods);
  const bills = billed
    .map((party) => partyBill(party, usage, prices, customers.has(party.uuid)))
    .filter((bill) => bill !== undefined);
  const sum = bills.reduce((total, { millionths }) => total + millionths, 0n);
  return {
    month,
    ...(prices && { currency: prices.currency }),
    parties: bills.map(({ bill }) => bill),
    sessions: bills.reduce((total, { bill }) => total + bill.sessions, 0),
    ...(prices && { amount: fromMillionths(sum) }),
  };
}

/** Milliseconds since the epoch: the month's first, and the next month's. */
export function limitsOf(month: string): readonly [start: number, end: number] {
  const [year = 0, number = 0] = month.split("-").map(Number);
  return [Date.UTC(year, number - 1), Date.UTC(year, number)];
}

/** Who was enabled in the month, be it for a moment. */
function customersOf(month: string, periods: readonly EnabledPeriod[]): ReadonlySet<string> {
  const [start, end] = limitsOf(month);
  return new Set(periods.filter(({ since, until }) => since < end && (until === null || until > start)).map(({ uuid }) => uuid));
}

/** Registered once, and no more. */
function strangers(
  parties: readonly BilledParty[],
  periods: readonly EnabledPeriod[],
  usage: readonly UsageRow[],
): BilledParty[] {
  const known = new Set(parties.map(({ uuid }) => uuid));
  const once = new Set([...periods.map(({ uuid }) => uuid), ...usage.map(({ party }) => party)]);
  return [...once].filter((uuid) => !known.has(uuid)).map((uuid) => ({ uuid, name: "" }));
}

/** A session that no rule fits would be given away in silence. */
function checkPrices(prices: Prices | undefined, usage: readonly UsageRow[]): void {
  const unpriced = prices === undefined ? [] : usage.filter((row) => priceOf(prices, row.party, row) === undefined);
  if (unpriced.length === 0) return;
  const named = new Set(unpriced.map((row) => `${row.kind} ${row.flow} ${row.level} ${row.result} of ${row.party}`));
  throw new CommandFailure("no_price", `No rule of the prices fits: ${[...named].join("; ")}`);
}

/** Undefined for who did nothing and pays nothing. */
function partyBill(
  { uuid, name }: BilledParty,
  usage: readonly UsageRow[],
  prices: Prices | undefined,
  wasEnabled: boolean,
): { readonly bill: PartyBill; readonly millionths: bigint } | undefined {
  const rows = usage.filter(({ party }) => party === uuid).toSorted((one, other) => compare(keyOf(one), keyOf(other)));
  // A session of the last day may end after its party was disabled.
  const fee = prices === undefined || (!wasEnabled && rows.length === 0) ? 0n : monthlyFee(prices, uuid);
  if (rows.length === 0 && fee === 0n) return undefined;
  const costs = rows.map((row) => (prices === undefined ? 0n : (priceOf(prices, uuid, row) ?? 0n)));
  const lines = rows.map(({ kind, flow, level, result, sessions }, index): BillLine => {
    const cost = costs[index] ?? 0n;
    const amounts = prices && { unitPrice: fromMillionths(cost), amount: fromMillionths(cost * BigInt(sessions)) };
    return { kind, flow, level, result, sessions, ...amounts };
  });
  const exact = rows.reduce((total, { sessions }, index) => total + (costs[index] ?? 0n) * BigInt(sessions), fee);
  const millionths = toCents(exact);
  const bill = {
    party: uuid,
    name,
    lines,
    ...(fee > 0n && { monthlyFee: fromMillionths(fee) }),
    sessions: rows.reduce((total, { sessions }) => total + sessions, 0),
    ...(prices && { amount: fromMillionths(millionths) }),
  };
  return { bill, millionths };
}

const keyOf = ({ kind, flow, level, result }: UsageRow): string => [kind, flow, level, result].join(" ");
const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
const byName = (one: BilledParty, other: BilledParty): number => compare(one.name, other.name) || compare(one.uuid, other.uuid);
