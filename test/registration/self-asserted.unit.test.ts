// The identity method for local use.
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { selfAsserted } from "../../src/registration/self-asserted.ts";
import { COUNTRIES } from "../support/countries.ts";

const NOW = Date.parse("2026-11-21T12:00:00Z");

const EVIDENCE = {
  givenName: "OK",
  surname: "TESTNUMBER",
  country: "EE",
  personalCode: "40504040001",
  level: "QUALIFIED",
};

const prove = (changes: Record<string, unknown>, LOCAL_MODE = "true") =>
  selfAsserted.prove({ ...EVIDENCE, ...changes }, { environment: { LOCAL_MODE }, now: NOW });

/** Pointers of what was refused; undefined where nothing was. */
async function refusedAt(changes: Record<string, unknown>): Promise<(string | undefined)[] | undefined> {
  const proof = await prove(changes);
  if (proof.ok) return undefined;
  if (proof.failure.kind !== "malformed") throw new Error(proof.failure.kind);
  return proof.failure.errors?.map(({ pointer }) => pointer);
}

describe("a self-asserted identity", () => {
  it("is what the person says, with the identifier and date of birth that follow from the code", async () => {
    expect(await prove({})).toEqual({
      ok: true,
      value: {
        givenName: "OK",
        surname: "TESTNUMBER",
        country: "EE",
        semanticsIdentifier: "PNOEE-40504040001",
        dateOfBirth: "1905-04-04",
        level: "QUALIFIED",
        method: "self-asserted",
      },
    });
  });

  it("may wish for a document number, of four digits and upper-case letters", async () => {
    expect(await prove({ documentSuffix: "DEM0" })).toMatchObject({ ok: true, value: { documentSuffix: "DEM0" } });
    for (const documentSuffix of ["", "dem0", "DEM", "DEM00", "DE-0", "ÄÄÄÄ", "DEM0\n", 1234, null]) {
      expect(await refusedAt({ documentSuffix })).toEqual(["#/documentSuffix"]);
    }
  });

  it("is refused outside of local mode, whatever it says", async () => {
    for (const mode of ["false", "", "TRUE", "1", " true"]) {
      expect(await prove({}, mode)).toMatchObject({ ok: false, failure: { kind: "forbidden" } });
      expect(selfAsserted.isEnabled({ LOCAL_MODE: mode })).toBe(false);
    }
    const proof = await selfAsserted.prove("no object at all", { environment: { LOCAL_MODE: "false" }, now: NOW });
    expect(proof).toMatchObject({ ok: false, failure: { kind: "forbidden" } });
  });

  it("takes the people of the public demo environment, wrong check digits included", async () => {
    expect(await prove({ country: "BE", personalCode: "05040400032" })).toMatchObject({
      ok: true,
      value: { dateOfBirth: "1905-04-04" },
    });
    expect(await refusedAt({ country: "BE", personalCode: "05040400033" })).toEqual(["#/personalCode"]);
  });

  it("may state a date of birth only where the code holds none, or the same", async () => {
    expect(await prove({ country: "FI", personalCode: "010190-123A" })).toMatchObject({ ok: true });
    expect((await prove({ country: "FI", personalCode: "010190-123A" })) as object).not.toHaveProperty("value.dateOfBirth");
    expect(await prove({ country: "FI", personalCode: "010190-123A", dateOfBirth: "1990-01-01" })).toMatchObject({
      value: { dateOfBirth: "1990-01-01" },
    });
    expect(await prove({ country: "LV", personalCode: "329999-99901", dateOfBirth: "1990-01-01" })).toMatchObject({
      value: { dateOfBirth: "1990-01-01", semanticsIdentifier: "PNOLV-329999-99901" },
    });
    expect(await prove({ dateOfBirth: "1905-04-04" })).toMatchObject({ ok: true });
    expect(await refusedAt({ dateOfBirth: "1905-04-05" })).toEqual(["#/dateOfBirth"]);
  });

  it("has the identifier of whatever country it is, as long as letters, digits and hyphens are enough for it", async () => {
    const checked: Readonly<Record<string, string>> = {
      EE: "40504040001",
      LT: "40504040001",
      LV: "329999-99901",
      BE: "05040400032",
    };
    for (const country of COUNTRIES) {
      const personalCode = checked[country] ?? "010190-123A";
      const semanticsIdentifier = `PNO${country}-${personalCode}`;
      expect(await prove({ country, personalCode })).toMatchObject({ value: { country, semanticsIdentifier } });
    }
    for (const personalCode of ["131052+308T", "736028/5163", "12 34", "АБ12", "ab12", "１２", "1_2", "-1", "1-", "Ñ1", ""]) {
      expect(await refusedAt({ country: "FI", personalCode })).toEqual(["#/personalCode"]);
    }
  });

  it("was born, and not tomorrow", async () => {
    expect(await refusedAt({ personalCode: "62611210001" })).toBeUndefined();
    expect(await refusedAt({ personalCode: "62611220008" })).toEqual(["#/personalCode"]);
    const finn = { country: "FI", personalCode: "1" };
    expect(await refusedAt({ ...finn, dateOfBirth: "2026-11-21" })).toBeUndefined();
    for (const dateOfBirth of ["1904-02-29", "1800-01-01"]) expect(await refusedAt({ ...finn, dateOfBirth })).toBeUndefined();
    for (const dateOfBirth of ["2026-11-22", "1799-12-31", "1900-02-29"])
      expect(await refusedAt({ ...finn, dateOfBirth })).toEqual(["#/dateOfBirth"]);
  });

  it.each([
    "Jürgen",
    "Mary-Jane",
    "Anne Marie",
    "O'Brien",
    "O’Brien",
    "'t Hooft",
    "J. R. R.",
    "St. John",
    "Fathima-Zahra",
    "ŠČ",
    "毛",
    "𠮷野",
    "فاطمه\u200cزهرا",
    "क्\u200dष",
    "שָׁלוֹם",
    "Nguye\u0302\u0303n",
    "ကျွှိုင်း",
    "Gal·la",
    "D' Angelo",
    "Nguyễn",
    "Ng",
    "Y",
    "Į\u0307\u0301",
    "O\u030d\u0358",
    "Ka\u02bbahumanu",
    "Мар'яна",
    "М\u02bcята",
    "Ναυσικά",
    "مُحَمَّد",
    "שָׁ֔לוֹם",
    "ნინო",
    "Սևակ",
    "ኃይለ",
    "अंजलि",
    "ශ්\u200dරී",
    "น้ำฝน",
    "ໜູ",
    "សុភ័ក្ត្រ",
    "သန္တာ",
    "ကျွှုံ့",
    "ⴰⵎⵎⴰ",
    "山田かおりエ",
    "マリ·アンナ",
    "亚历山大·普希金",
    "金민준",
    "毛ㄇㄠ",
    "김 3",
  ])("may be called %s", async (name) => {
    expect(await refusedAt({ surname: name, givenName: name })).toBeUndefined();
  });

  it("has one spelling, whether the sender composes its accents or not", async () => {
    expect(await prove({ surname: "Mu\u0308ller" })).toMatchObject({ value: { surname: "M\u00fcller" } });
  });

  it.each([
    ["nothing", ""],
    ["white space", " "],
    ["white space around", " A"],
    ["white space around at the end", "A "],
    ["a comma, which separates surname and given name in certificates", "A,B"],
    ["a line break", "A\nB"],
    ["NUL", "A\0B"],
    ["a direction override", "A\u202eB"],
    ["a zero-width space", "A\u200bB"],
    ["a joiner at the end", "A\u200d"],
    ["a joiner between letters that are not joined", "A\u200dB"],
    ["a joiner behind a letter that is not joined", "1\u200cه"],
    ["a joiner before a letter that is not joined", "ه\u200c1"],
    ["a Cyrillic letter among Latin ones", "MАRI"],
    ["a Greek letter among Latin ones", "MARIΑ"],
    ["a Cyrillic word beside a Latin one", "MARI А."],
    ["a hyphen between two scripts", "Мария-Anna"],
    ["Hangul among kana", "山田か김"],
    ["Bopomofo among kana", "かㄇ"],
    ["a Japanese mark among Latin letters", "MARI\u30fc"],
    ["a vowel of another script", "MARI\u064e"],
    ["a letter that nothing shows of a dead script", "\u{13441}"],
    ["another letter that nothing shows of a dead script", "\u{13442}"],
    ["a joiner of a dead script", "MARI\u{1107f}"],
    ["a Khmer stacker among Latin letters", "MARI\u17d2S"],
    ["a Burmese stacker among Latin letters", "MARI\u1039S"],
    ["a joiner of Tifinagh among Latin letters", "A\u2d7fS"],
    ["a Khmer stacker with nothing to stack", "សុខា\u17d2"],
    ["a Burmese stacker at the end", "သန\u1039"],
    ["a joiner of Tifinagh at the end", "ⴰ\u2d7f"],
    ["a Tai Tham stacker at the end", "ᨠ\u1a60"],
    ["a Sundanese stacker at the end", "ᮊ\u1bab"],
    ["a Meetei stacker at the end", "ꯃ\uaaf6"],
    ["a Chakma stacker at the end", "\u{11107}\u{11133}"],
    ["letters of mathematics", "M𝐀RI"],
    ["letters of units", "µ"],
    ["letters that nothing shows", "\u3164"],
    ["letters that nothing shows, behind others", "김\u115f\u1160"],
    ["a variation selector", "葛\u{e0100}"],
    ["a grapheme joiner", "A\u034fB"],
    ["a letter inside a prohibition sign", "A\u20e0"],
    ["a circle in Cyrillic", "А\u0488"],
    ["a letter with a stroke through it", "O\u0338"],
    ["a mark of symbols", "A\u20d7"],
    ["a mark of music", "A\u{1d165}"],
    ["a mark of old music", "A\u{1cf00}"],
    ["the same mark twice", "M\u0304\u0304"],
    ["the same vowel twice", "กิิ"],
    ["three accents on a letter", "X\u0323\u0302\u0301"],
    ["a pile of marks, with none of them twice", "က\u103b\u103c\u103d\u103e\u102d\u102f\u1036"],
    ["an emoji", "🙂"],
    ["a comma of another script", "A، B"],
    ["an equals sign", "A=B"],
    ["quotes", 'A"B'],
    ["a backslash", "A\\B"],
    ["a number sign", "#A"],
    ["a plus sign", "A+B"],
    ["markup", "<b>"],
    ["a lone surrogate", "A\ud800"],
    ["a combining mark alone", "\u0301"],
    ["signs alone", "--"],
    ["more than 200 letters", "A".repeat(201)],
    ["more than 200 letters once they are composed", "\u0958".repeat(150)],
  ])("is not called %s", async (_, name) => {
    expect(await refusedAt({ surname: name })).toEqual(["#/surname"]);
    expect(await refusedAt({ givenName: name })).toEqual(["#/givenName"]);
  });

  it("is judged in linear time, whatever the name repeats", async () => {
    expect(await refusedAt({ surname: `${"A".repeat(199)}А` })).toEqual(["#/surname"]);
    for (const unit of ["A. ", "A' ", "A-", "Aʼ", "A\u200d", "ه\u200c", "A\u0301", "A "]) {
      expect(await refusedAt({ surname: `${unit.repeat(200).slice(0, 199)}!` })).toEqual(["#/surname"]);
    }
  });

  it.each([
    ["country", "ee"],
    ["country", "EST"],
    ["country", "E1"],
    ["personalCode", "40504040002"],
    ["personalCode", "1".repeat(65)],
    ["personalCode", 40504040001],
    ["level", "QSCD"],
    ["dateOfBirth", "04.04.1905"],
    ["dateOfBirth", "1905-02-30"],
    ["givenName", undefined],
    ["surname", null],
  ])("is refused with a %s of %s, and told where", async (field, value) => {
    expect(await refusedAt({ [field]: value })).toEqual([`#/${field}`]);
  });

  it("of any shape is answered with a value, never an exception, and never repeats what was sent", async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (evidence) => {
        const proof = await selfAsserted.prove(evidence, { environment: { LOCAL_MODE: "true" }, now: NOW });
        expect(proof.ok).toBe(false);
      }),
    );
    const proof = await prove({ personalCode: "SECRETCODE", surname: "SECRET,NAME" });
    expect(JSON.stringify(proof)).not.toContain("SECRET");
  });
});
