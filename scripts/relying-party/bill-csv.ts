// A bill as CSV (RFC 4180) for a spreadsheet, which must not take a party's name for a formula. No I/O.
import type { Bill, PartyBill } from "./bill.ts";

const COLUMNS = ["line", "month", "party", "name", "kind", "flow", "level", "result", "sessions"] as const;
const WITH_PRICES = [...COLUMNS, "unit_price", "amount", "currency"] as const;

type Cells = Partial<Record<(typeof WITH_PRICES)[number], string | number | undefined>>;

/**
 * A header, then for each party its counts (`line` is `sessions`), its monthly fee (`monthly_fee`) and its sum (`party_total`), then all
 * together (`total`). Lines end in CR LF.
 */
export function billAsCsv(bill: Bill): string {
  const { month, currency, parties, sessions, amount } = bill;
  const columns = currency === undefined ? COLUMNS : WITH_PRICES;
  const lines: Cells[] = [...parties.flatMap(partyLines), { line: "total", sessions, amount }];
  const rows = lines.map((cells): Cells => ({ ...cells, month, currency }));
  return [columns, ...rows.map((cells) => columns.map((column) => String(cells[column] ?? "")))]
    .map((fields) => `${fields.map(csvField).join(",")}\r\n`)
    .join("");
}

function partyLines({ party, name, lines, monthlyFee, sessions, amount }: PartyBill): Cells[] {
  const whose = { party, name };
  return [
    ...lines.map(({ unitPrice, ...counted }) => ({ line: "sessions", ...whose, ...counted, unit_price: unitPrice })),
    ...(monthlyFee === undefined ? [] : [{ line: "monthly_fee", ...whose, amount: monthlyFee }]),
    { line: "party_total", ...whose, sessions, amount },
  ];
}

/** Also as some programs write them wider; spaces and quotes before them are dropped by some. */
const FORMULA = `[\\s"]*[=+\\-@＝＋－＠]`;
const CELL_INSIDE = new RegExp(`[;|\\t\\r\\n](?=${FORMULA})`, "g");
const CELL = new RegExp(`^(?:${FORMULA}|[\\t\\r\\n])`);

/**
 * What begins like a formula begins with an apostrophe instead, which makes it text. Cells begin inside a field too: where lists have
 * another separator than the comma, the quotes of a field stand amid a cell and protect nothing.
 */
function csvField(text: string): string {
  const inside = text.replaceAll(CELL_INSIDE, "$&'");
  const harmless = CELL.test(inside) ? `'${inside}` : inside;
  return /[",;|\t\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
