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
  readonly enabled: boolean;
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
  readonly usage: readonly UsageRow[];
  readonly prices?: Prices | undefined;
  /** UUID: of this party alone. */
  readonly only?: string | undefined;
}

/** Throws a CommandFailure for sessions without a price, and for a party that nobody knows. */
export function makeBill({ month, parties, usage, prices, only }: BillInput): Bill {
  const everybody = [...parties, ...strangers(parties, usage)].toSorted(byName);
  const named = [...Object.keys(prices?.parties ?? {}), ...(only === undefined ? [] : [only])];
  const unknown = named.find((uuid) => !everybody.some((party) => party.uuid === uuid));
  if (unknown !== undefined) throw new CommandFailure("no_such_party", `There is no relying party ${unknown}`);
  const billed = everybody.filter(({ uuid }) => only === undefined || uuid === only);
  checkPrices(
    prices,
    usage.filter(({ party }) => billed.some(({ uuid }) => uuid === party)),
  );
  const bills = billed.map((party) => partyBill(party, usage, prices)).filter((bill) => bill !== undefined);
  const sum = bills.reduce((total, { millionths }) => total + millionths, 0n);
  return {
    month,
    ...(prices && { currency: prices.currency }),
    parties: bills.map(({ bill }) => bill),
    sessions: bills.reduce((total, { bill }) => total + bill.sessions, 0),
    ...(prices && { amount: fromMillionths(sum) }),
  };
}

/** Counted, and registered no more. */
function strangers(parties: readonly BilledParty[], usage: readonly UsageRow[]): BilledParty[] {
  const known = new Set(parties.map(({ uuid }) => uuid));
  const counted = new Set(usage.map(({ party }) => party));
  return [...counted].filter((uuid) => !known.has(uuid)).map((uuid) => ({ uuid, name: "", enabled: false }));
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
  { uuid, name, enabled }: BilledParty,
  usage: readonly UsageRow[],
  prices: Prices | undefined,
): { readonly bill: PartyBill; readonly millionths: bigint } | undefined {
  const rows = usage.filter(({ party }) => party === uuid).toSorted((one, other) => compare(keyOf(one), keyOf(other)));
  // Who was disabled pays for a month in which something was done.
  const fee = prices === undefined || (!enabled && rows.length === 0) ? 0n : monthlyFee(prices, uuid);
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
