// People of the public Smart-ID demo environment whose personal codes fail their country's check digits. Relying parties'
// test suites are written against them, so local mode registers them all the same. Every other demo code passes.

/** Semantics identifier → date of birth (the Belgian one after the same person's Latvian code, 050405-10009). */
export const TEST_PEOPLE_WITHOUT_CHECK_DIGITS: ReadonlyMap<string, string> = new Map([
  ["PNOLV-010111-22341", "2011-01-01"],
  ["PNOBE-05040400032", "1905-04-04"],
]);
