// Where digits are while they are typed and chosen: in arrays that are overwritten, at the latest when they have been used.
import { describe, expect, it } from "vitest";
import { ChosenPins } from "../../src/pwa/model/chosen-pins.ts";
import { PinEntry } from "../../src/pwa/model/pin-entry.ts";

const type = (entry: PinEntry, digits: string): void => {
  for (const digit of digits) entry.press(Number(digit));
};

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
const pin = (digits: string): Uint8Array<ArrayBuffer> => Uint8Array.from(digits, (digit) => digit.charCodeAt(0));
const isWiped = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

describe("the PIN that is being typed", () => {
  it("is taken as ASCII digits, and is gone where it was typed", () => {
    const place = new Uint8Array(12);
    const entry = new PinEntry(place);
    type(entry, "90260");
    expect(text(entry.take())).toBe("90260");
    expect(isWiped(place)).toBe(true);
    expect(entry.length).toBe(0);
    expect(entry.take()).toHaveLength(0);
  });

  it("is overwritten when it is cleared", () => {
    const place = new Uint8Array(12);
    const entry = new PinEntry(place);
    type(entry, "123456789012");
    expect(isWiped(place)).toBe(false);
    entry.clear();
    expect(isWiped(place)).toBe(true);
  });

  it("loses its last digit when that is erased, also from memory", () => {
    const place = new Uint8Array(12);
    const entry = new PinEntry(place);
    type(entry, "97");
    entry.erase();
    expect([...place.subarray(0, 2)]).toEqual([0x39, 0]);
    entry.erase();
    entry.erase();
    expect(entry.length).toBe(0);
  });

  it("has at most twelve digits", () => {
    const entry = new PinEntry();
    type(entry, "1234567890123");
    expect(text(entry.take())).toBe("123456789012");
  });

  it.each([10, -1, 1.5, Number.NaN])("takes no %s for a digit", (nonsense) => {
    const entry = new PinEntry();
    entry.press(nonsense);
    expect(entry.length).toBe(0);
  });

  it("gives bytes of their own, whose transfer takes nothing from the entry", () => {
    const entry = new PinEntry();
    type(entry, "4711");
    const taken = entry.take();
    expect(taken.buffer.byteLength).toBe(4);
    structuredClone(taken, { transfer: [taken.buffer] });
    type(entry, "12");
    expect(entry.length).toBe(2);
  });
});

describe("PINs that were chosen", () => {
  it("are given away once, as the very bytes that were chosen", () => {
    const chosen = new ChosenPins();
    const [auth, sign] = [pin("9026"), pin("70415")];
    chosen.set("auth", auth);
    chosen.set("sign", sign);
    expect(chosen.take()).toEqual({ auth: auth.buffer, sign: sign.buffer });
    expect(chosen.take()).toBeUndefined();
  });

  it("are given away only together", () => {
    const chosen = new ChosenPins();
    chosen.set("auth", pin("9026"));
    expect(chosen.take()).toBeUndefined();
  });

  it("match only the same digits", () => {
    const chosen = new ChosenPins();
    chosen.set("auth", pin("9026"));
    expect(chosen.matches("auth", pin("9026"))).toBe(true);
    for (const other of ["9027", "902", "90260", ""]) expect(chosen.matches("auth", pin(other))).toBe(false);
    expect(chosen.matches("sign", pin("9026"))).toBe(false);
  });

  it("are overwritten when they are cleared or chosen anew", () => {
    const chosen = new ChosenPins();
    const [first, second, sign] = [pin("9026"), pin("9027"), pin("70415")];
    chosen.set("auth", first);
    chosen.set("auth", second);
    expect(isWiped(first)).toBe(true);
    expect(isWiped(second)).toBe(false);
    chosen.set("sign", sign);
    chosen.clear();
    expect(isWiped(second) && isWiped(sign)).toBe(true);
    expect(chosen.take()).toBeUndefined();
  });

  it("are copied for a check, so that the check may overwrite what it got", () => {
    const chosen = new ChosenPins();
    chosen.set("auth", pin("9026"));
    new Uint8Array(chosen.copyOf("auth") ?? new ArrayBuffer()).fill(0);
    expect(chosen.matches("auth", pin("9026"))).toBe(true);
    expect(chosen.copyOf("sign")).toBeUndefined();
  });
});
