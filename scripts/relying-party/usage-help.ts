// The documentation of the monthly report, on one screen.
import { FLOWS, KINDS } from "../../src/metering/metered-session.ts";

export const USAGE_HELP = `
npm run relying-party -- usage --month 2026-11 [OPTIONS]

How many sessions of each relying party ended in a month (UTC), by kind, flow, level asked for and result; with prices, what that comes
to. Only read. A session is counted seconds after it ended, after a fault of the platform within hours: bill a month a day after it.
Of a month that is not over, standard error says so, and JSON "complete": false.

OPTIONS
  --month YYYY-MM         the month, in UTC
  --party UUID            of this party alone
  --format csv|json       default csv; --json is the same as --format json
  --prices FILE           JSON, see below: adds unit prices, amounts, monthly fees and sums
  --state FOLDER, --remote, --wrangler-config FILE
                          which database, as for the other commands

CSV has a header, then lines by what stands in their first column: "sessions" (one count), "monthly_fee", "party_total", "total". A field
that a spreadsheet would take for a formula begins with an apostrophe. JSON has the same, nested. Redirect with npm run --silent.
Amounts are exact decimals. Only a party's sum is rounded, to two places, half a cent up; the total adds the rounded sums.

PRICES
  {
    "currency": "EUR",
    "perMonth": "10.00",
    "rules": [
      { "kind": "signature", "result": "OK", "price": "0.09" },
      { "result": "OK", "price": "0.05" },
      { "price": "0" }
    ],
    "parties": { "3f8a2c1e-5b6d-4e7f-8a9b-0c1d2e3f4a5b": { "perMonth": "0", "rules": [{ "result": "OK", "price": "0.035" }] } }
  }
  The first rule that fits is the price of one session; a party's own rules come before the others. A rule names what it is for, of kind
  (${KINDS.join(", ")}), flow (${FLOWS.join(", ")}),
  level (ADVANCED, QUALIFIED) and result (the endResult); what it does not name may be anything. Prices have up to 6 places. A session
  that no rule fits is an error that names it: what is free says "0". perMonth is for every party that was enabled in the
  month, be it for a moment, or had sessions in it; who is so today does not count.

EXAMPLE
  npm run --silent relying-party -- usage --month 2026-11 --prices prices.json --remote > 2026-11.csv
`.trim();
