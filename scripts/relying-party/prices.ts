// What sessions cost, from the operator's file: the first rule that fits. What none fits has no price, and no bill is made of it. No I/O.
import { z } from "zod";
import { CERTIFICATE_LEVELS } from "../../src/account/purpose.ts";
import { FLOWS, KINDS, RESULTS } from "../../src/metering/metered-session.ts";
import { CommandFailure } from "../authenticator/command-failure.ts";
import { firstProblem } from "../pki/configuration.ts";
import { DECIMAL, toMillionths } from "./decimal.ts";

const amount = z.string().regex(DECIMAL, 'is a decimal in quotes with at most 6 places, such as "0.05"');

const rule = z.strictObject({
  kind: z.enum(KINDS).optional(),
  flow: z.enum(FLOWS).optional(),
  level: z.enum(CERTIFICATE_LEVELS).optional(),
  result: z.enum(RESULTS).optional(),
  /** Of one session. */
  price: amount,
});
type Rule = z.output<typeof rule>;

const prices = z.strictObject({
  currency: z.string().regex(/^[A-Z]{3}$/, "is three letters, such as EUR"),
  rules: z.array(rule),
  /** Of every month in which the party was enabled, or had sessions. */
  perMonth: amount.optional(),
  /** By UUID: these rules come before the others, this amount in place of the other. */
  parties: z
    .record(z.guid(), z.strictObject({ rules: z.array(rule).optional(), perMonth: amount.optional() }))
    .transform((parties) => Object.fromEntries(Object.entries(parties).map(([uuid, own]) => [uuid.toLowerCase(), own])))
    .optional(),
});
export type Prices = z.output<typeof prices>;

/** Throws a CommandFailure that says what is wrong. `source`: for people. */
export function parsePrices(text: string, source: string): Prices {
  const parsed = prices.safeParse(parseJson(text, source));
  if (parsed.success) return parsed.data;
  throw new CommandFailure("bad_prices", `${source}: ${firstProblem(parsed.error)}`);
}

function parseJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CommandFailure("bad_prices", `${source} is not JSON`);
  }
}

/** Millionths for one session; undefined where no rule fits. */
export function priceOf(
  { rules, parties }: Prices,
  party: string,
  session: Readonly<Record<"kind" | "flow" | "level" | "result", string>>,
): bigint | undefined {
  const own = parties?.[party]?.rules ?? [];
  const first = [...own, ...rules].find((candidate) => fits(candidate, session));
  return first && toMillionths(first.price);
}

const fits = ({ kind, flow, level, result }: Rule, session: Parameters<typeof priceOf>[2]): boolean =>
  [kind ?? session.kind, flow ?? session.flow, level ?? session.level, result ?? session.result].every(
    (value, index) => value === [session.kind, session.flow, session.level, session.result][index],
  );

/** Millionths for the month. */
export const monthlyFee = ({ perMonth, parties }: Prices, party: string): bigint =>
  toMillionths(parties?.[party]?.perMonth ?? perMonth ?? "0");
