import { describe, expect, test } from "vitest";
import { type Bill, type BillInput, type EnabledPeriod, makeBill, type UsageRow } from "../../scripts/relying-party/bill.ts";
import { billAsCsv } from "../../scripts/relying-party/bill-csv.ts";
import { fromMillionths, toCents, toMillionths } from "../../scripts/relying-party/decimal.ts";
import { parsePrices, type Prices } from "../../scripts/relying-party/prices.ts";
import { runUsage } from "../../scripts/relying-party/usage.ts";

const BANK = "11111111-1111-4111-8111-111111111111";
const SHOP = "22222222-2222-4222-8222-222222222222";
const IDLE = "33333333-3333-4333-8333-333333333333";
const GONE = "44444444-4444-4444-8444-444444444444";

const PARTIES = [
  { uuid: SHOP, name: "Shop" },
  { uuid: BANK, name: "Bank" },
  { uuid: IDLE, name: "Idle" },
];
const NOVEMBER = Date.UTC(2026, 10);
const DECEMBER = Date.UTC(2026, 11);
/** All three, for ever. */
const PERIODS = PARTIES.map(({ uuid }): EnabledPeriod => ({ uuid, since: 0, until: null }));
const row = (changes: Partial<UsageRow> = {}): UsageRow => ({
  party: BANK,
  kind: "authentication",
  flow: "QR",
  level: "QUALIFIED",
  result: "OK",
  sessions: 1,
  ...changes,
});

const prices = (content: object): Prices =>
  parsePrices(JSON.stringify({ currency: "EUR", rules: [], ...content }), "prices.json");
const bill = (usage: readonly UsageRow[], content?: object, more: Partial<BillInput> = {}): Bill =>
  makeBill({ month: "2026-11", parties: PARTIES, periods: PERIODS, usage, prices: content && prices(content), ...more });
const amounts = ({ parties, amount }: Bill) => [...parties.map((party) => [party.name, party.amount]), amount];

describe("amounts", () => {
  test("are exact to six places, and never a floating-point number", () => {
    for (const [text, millionths, shortest] of [
      ["0", 0n, "0.00"],
      ["0.05", 50_000n, "0.05"],
      ["0.000001", 1n, "0.000001"],
      ["12.5", 12_500_000n, "12.50"],
      ["0.100", 100_000n, "0.10"],
      ["999999999.999999", 999_999_999_999_999n, "999999999.999999"],
    ] as const) {
      expect(toMillionths(text)).toBe(millionths);
      expect(fromMillionths(millionths)).toBe(shortest);
    }
    // 0.1 + 0.2, and more than a double holds.
    expect(bill([row({ sessions: 9_007_199_254_740_991 })], { rules: [{ price: "0.3" }] }).amount).toBe("2702159776422297.30");
  });

  test("are rounded to two places at the sum alone, half a cent up", () => {
    expect([4_999n, 5_000n, 14_999n, 15_000n].map(toCents)).toEqual([0n, 10_000n, 10_000n, 20_000n]);
    // Each line by itself would be rounded to 0.00.
    const lines = ["OK", "TIMEOUT", "USER_REFUSED"].map((result) => row({ result }));
    const one = bill(lines, { rules: [{ price: "0.004" }] });
    expect(one.parties[0]).toMatchObject({
      lines: [{ amount: "0.004" }, { amount: "0.004" }, { amount: "0.004" }],
      amount: "0.01",
    });
  });

  test("of all together are the sums as they are billed", () => {
    const everybody = bill([row(), row({ party: SHOP }), row({ party: IDLE })], { rules: [{ price: "0.005" }] });
    expect(amounts(everybody)).toEqual([["Bank", "0.01"], ["Idle", "0.01"], ["Shop", "0.01"], "0.03"]);
  });
});

describe("prices", () => {
  test("come from the first rule that fits; a party's own rules come first", () => {
    const usage = [row(), row({ party: SHOP }), row({ kind: "signature" }), row({ result: "TIMEOUT" }), row({ flow: "none" })];
    const rules = [
      { kind: "signature", price: "0.09" },
      { flow: "none", level: "QUALIFIED", price: "0.01" },
      { result: "OK", price: "0.05" },
      { price: "0" },
    ];
    const { parties } = bill(usage, { rules, parties: { [SHOP]: { rules: [{ result: "OK", price: "0.035" }] } } });
    const unitPrices = parties.flatMap(({ name, lines }) =>
      lines.map(({ kind, flow, result, unitPrice }) => [name, kind, flow, result, unitPrice]),
    );
    expect(unitPrices).toEqual([
      ["Bank", "authentication", "QR", "OK", "0.05"],
      ["Bank", "authentication", "QR", "TIMEOUT", "0.00"],
      ["Bank", "authentication", "none", "OK", "0.01"],
      ["Bank", "signature", "QR", "OK", "0.09"],
      ["Shop", "authentication", "QR", "OK", "0.035"],
    ]);
  });

  test("that say nothing of a session are an error that names it, and never 0", () => {
    const usage = [row(), row({ kind: "signature", result: "WRONG_VC", party: SHOP })];
    const rules = [{ kind: "authentication", price: "0.05" }];
    expect(() => bill(usage, { rules })).toThrow(`No rule of the prices fits: signature QR QUALIFIED WRONG_VC of ${SHOP}`);
    // Not asked for, not needed.
    expect(bill(usage, { rules }, { only: BANK }).amount).toBe("0.05");
    expect(() => bill(usage, { rules, parties: { [SHOP]: { perMonth: "1" } } })).toThrow("No rule");
  });

  test("of a month are for whoever was enabled in it or did something; a party's own amount replaces it", () => {
    const rules = [{ price: "0" }];
    const own = { perMonth: "10", rules, parties: { [SHOP]: { perMonth: "2.50" }, [BANK]: { perMonth: "0" } } };
    expect(amounts(bill([row()], own))).toEqual([["Bank", "0.00"], ["Idle", "10.00"], ["Shop", "2.50"], "12.50"]);
    const parties = [...PARTIES, { uuid: GONE, name: "Gone" }];
    expect(amounts(bill([], own, { parties })).flat()).not.toContain("Gone");
    expect(amounts(bill([row({ party: GONE })], own, { parties }))[0]).toEqual(["Gone", "10.00"]);
  });

  test.each<[string, readonly (readonly [since: number, until: number | null])[], boolean]>([
    ["never enabled", [], false],
    ["enabled since the next month began", [[DECEMBER, null]], false],
    ["enabled in the last millisecond", [[DECEMBER - 1, null]], true],
    ["disabled as the month began", [[0, NOVEMBER]], false],
    ["disabled in the first millisecond", [[0, NOVEMBER + 1]], true],
    [
      "enabled before and after",
      [
        [0, NOVEMBER - 1],
        [DECEMBER, null],
      ],
      false,
    ],
    [
      "enabled twice within it",
      [
        [NOVEMBER, NOVEMBER + 1],
        [NOVEMBER + 2, DECEMBER],
      ],
      true,
    ],
    ["enabled from before until after", [[0, null]], true],
  ])("of a month: who was %s", (_, periods, pays) => {
    const { amount } = bill(
      [],
      { perMonth: "10" },
      { periods: periods.map(([since, until]) => ({ uuid: IDLE, since, until })), parties: PARTIES },
    );
    expect(amount).toBe(pays ? "10.00" : "0.00");
  });

  test.each<[string, object | string, string]>([
    ["no JSON", "{", "is not JSON"],
    ["a price as a number", { rules: [{ price: 0.05 }] }, "rules.0.price"],
    ["seven places", { rules: [{ price: "0.0000001" }] }, "at most 6 places"],
    ["a negative price", { rules: [{ price: "-1" }] }, "is a decimal in quotes"],
    ["a comma", { rules: [{ price: "0,05" }] }, "is a decimal in quotes"],
    ["a flow that there is not", { rules: [{ flow: "Qr", price: "1" }] }, "rules.0.flow"],
    ["a misspelt member", { rules: [{ endResult: "OK", price: "1" }] }, "has no member endResult"],
    ["a rule without a price", { rules: [{}] }, "rules.0.price"],
    ["no currency", { currency: "Euro" }, "currency is three letters"],
    ["a party that is no UUID", { parties: { Bank: {} } }, "parties.Bank"],
  ])("are refused with %s", (_, content, reason) => {
    const text = typeof content === "string" ? content : JSON.stringify({ currency: "EUR", rules: [], ...content });
    expect(() => parsePrices(text, "prices.json")).toThrow(reason);
  });

  test("for a party that nobody knows are refused: its sessions would cost what others' cost", () => {
    expect(() => bill([], { parties: { [GONE]: {} } })).toThrow(`There is no relying party ${GONE}`);
    expect(() => bill([], undefined, { only: GONE })).toThrow(`There is no relying party ${GONE}`);
    // Whoever was counted is known, or was enabled once.
    const periods = [{ uuid: GONE, since: 0, until: 1 }];
    expect(bill([], { parties: { [GONE]: { perMonth: "5" } } }, { periods })).toMatchObject({ parties: [], amount: "0.00" });
    expect(bill([row({ party: GONE })], undefined, { only: GONE }).parties).toMatchObject([{ name: "", sessions: 1 }]);
  });
});

describe("as CSV, a bill", () => {
  test("has a line for each count, fee and sum, which end in CR LF", () => {
    const usage = [row({ sessions: 3 }), row({ kind: "signature", flow: "Web2App", sessions: 2 })];
    const rules = [{ kind: "signature", price: "0.0905" }, { price: "0.05" }];
    expect(billAsCsv(bill(usage, { rules, perMonth: "10" }, { only: BANK })).split("\r\n")).toEqual([
      "line,month,party,name,kind,flow,level,result,sessions,unit_price,amount,currency",
      `sessions,2026-11,${BANK},Bank,authentication,QR,QUALIFIED,OK,3,0.05,0.15,EUR`,
      `sessions,2026-11,${BANK},Bank,signature,Web2App,QUALIFIED,OK,2,0.0905,0.181,EUR`,
      `monthly_fee,2026-11,${BANK},Bank,,,,,,,10.00,EUR`,
      `party_total,2026-11,${BANK},Bank,,,,,5,,10.33,EUR`,
      "total,2026-11,,,,,,,5,,10.33,EUR",
      "",
    ]);
  });

  test("has no amounts without prices, and counts alone", () => {
    expect(billAsCsv(bill([row({ sessions: 7 })])).split("\r\n")).toEqual([
      "line,month,party,name,kind,flow,level,result,sessions",
      `sessions,2026-11,${BANK},Bank,authentication,QR,QUALIFIED,OK,7`,
      `party_total,2026-11,${BANK},Bank,,,,,7`,
      "total,2026-11,,,,,,,7",
      "",
    ]);
  });

  test.each([
    ['A "B" & C, Ltd', '"A ""B"" & C, Ltd"'],
    ["two\nlines", '"two\nlines"'],
    ['=HYPERLINK("http://x")', `"'=HYPERLINK(""http://x"")"`],
    ["+1", "'+1"],
    ["-1", "'-1"],
    ["@SUM(A1)", "'@SUM(A1)"],
    ["\t=1", `"'\t'=1"`],
    ["\r=1", `"'\r'=1"`],
    ["\tx", `"'\tx"`],
    ["a=1", "a=1"],
    // Where a list's separator is another.
    ["Bank;=HYPERLINK(A1)", `"Bank;'=HYPERLINK(A1)"`],
    ["Bank;=1;+2; @A1", `"Bank;'=1;'+2;' @A1"`],
    ['Bank;"=1"', `"Bank;'""=1"""`],
    ["Bank\t-1", `"Bank\t'-1"`],
    ["Bank|@A1", `"Bank|'@A1"`],
    ["Bank;＝1", `"Bank;'＝1"`],
    [' "=1', `"' ""=1"`],
    ["Bank; Shop", '"Bank; Shop"'],
  ])("writes a party's name %j so that it stays text and one field", (name, field) => {
    const parties = [{ uuid: BANK, name }];
    expect(billAsCsv(bill([row()], undefined, { parties }))).toContain(`\r\nsessions,2026-11,${BANK},${field},authentication,`);
  });
});

describe("the command", () => {
  async function run(parameters: readonly string[], now = Date.UTC(2026, 11, 2)) {
    const [out, error, asked]: [string[], string[], string[]] = [[], [], []];
    const code = await runUsage(["usage", ...parameters], {
      environment: {},
      printer: { out: (text) => void out.push(text), error: (text) => void error.push(text) },
      now,
      database: {
        query: async (sql) => {
          asked.push(sql);
          const parties = [
            { uuid: BANK, names: '["Bank","B"]' },
            { uuid: SHOP, names: "by hand" },
          ];
          return [parties, PERIODS, [row({ sessions: 3 }), row({ party: SHOP })]];
        },
      },
    });
    return { code, out: out.join("\n"), error: error.join("\n"), asked: asked.join("\n") };
  }

  test("prints CSV, whose last line end the terminal completes", async () => {
    const { code, out, error, asked } = await run(["--month", "2026-11"]);
    expect({ code, error }).toEqual({ code: 0, error: "" });
    expect(asked).toContain("WHERE month = '2026-11'");
    expect(out).toMatch(/^line,month,[\s\S]*total,2026-11,,,,,,,4\r$/);
    expect(out).toContain(`,${SHOP},,authentication`);
  });

  test("prints JSON on one line, of one party where that is asked for", async () => {
    for (const json of [["--json"], ["--format", "json"], ["--format=json"]]) {
      const { code, out } = await run(["--month", "2026-11", "--party", BANK.toUpperCase(), ...json]);
      expect(code).toBe(0);
      expect(JSON.parse(out)).toEqual({
        ok: true,
        complete: true,
        month: "2026-11",
        parties: [
          {
            party: BANK,
            name: "Bank",
            lines: [{ kind: "authentication", flow: "QR", level: "QUALIFIED", result: "OK", sessions: 3 }],
            sessions: 3,
          },
        ],
        sessions: 3,
      });
    }
    expect(JSON.parse((await run(["--month", "2026-11", "--party", GONE, "--json"])).out)).toMatchObject({
      ok: false,
      code: "no_such_party",
    });
  });

  test("says of a month that is not over that it is not", async () => {
    const error = "2026-11 is not over: these are the counts so far.";
    expect(await run(["--month", "2026-11"], DECEMBER - 1)).toMatchObject({ code: 0, error });
    const early = await run(["--month", "2026-11", "--json"], DECEMBER - 1);
    expect({ error: early.error, ...(JSON.parse(early.out) as object) }).toMatchObject({ error, ok: true, complete: false });
    const late = await run(["--month", "2026-11", "--json"], DECEMBER);
    expect({ error: late.error, ...(JSON.parse(late.out) as object) }).toMatchObject({ error: "", complete: true });
  });

  test.each([
    [[]],
    [["--month", "2026-13"]],
    [["--month", "11/2026"]],
    [["--month", "2026-11", "--format", "xml"]],
    [["--month", "2026-11", "x"]],
    [["--month", "2026-11", "--party", "bank"]],
    [["--month", "2026-11", "--json", "--format", "csv"]],
  ])("refuses %j", async (parameters) => {
    const help = parameters.includes("--json") ? "" : expect.stringContaining("relying-party -- usage --help");
    expect(await run(parameters)).toMatchObject({ code: 2, asked: "", error: help });
  });

  test("explains every option in its help", async () => {
    const { out, code } = await run(["--help"]);
    expect(code).toBe(0);
    for (const option of ["month", "party", "format", "prices", "state", "remote", "wrangler-config", "json"]) {
      expect(out).toContain(`--${option}`);
    }
    // The example is one that works.
    const example = out.slice(out.indexOf("  {\n"), out.indexOf("\n  }\n") + 4);
    expect(parsePrices(example, "help")).toMatchObject({ currency: "EUR", perMonth: "10.00" });
  });
});
