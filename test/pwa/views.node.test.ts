// What the screens say of people and of time, and what they must never do.
import { keyState, testModel } from "./support/model.ts";
import { globSync, readFileSync } from "node:fs";
import type { ComponentChildren, VNode } from "preact";
import { describe, expect, test } from "vitest";
import { COUNTRIES, holdsDateOfBirth, likelyCountry } from "../../src/pwa/views/countries.ts";
import { text } from "../../src/pwa/language/text.ts";
import { actionsOf } from "../../src/pwa/model/actions.ts";
import type { Actions } from "../../src/pwa/model/person-actions.ts";
import type { AccountView, AppState } from "../../src/pwa/model/state.ts";
import { EMPTY_PIN } from "../../src/pwa/model/store.ts";
import { SignApplication } from "../../src/pwa/views/application.tsx";
import { AddKeys, ChangePin, ChangingPin } from "../../src/pwa/views/change-pin.tsx";
import { ChoosePin } from "../../src/pwa/views/choose-pin.tsx";
import { PasskeyOfAccount } from "../../src/pwa/views/passkey.tsx";
import { Starting } from "../../src/pwa/views/welcome.tsx";
import { maskedDocumentNumber, maskedPersonalCode, personalCode, whoseAccount } from "../../src/pwa/views/person.ts";
import { calendarDay, clockTime, countdown, minutesAndSeconds, weekday } from "../../src/pwa/views/server-clock.ts";
import type { Problem } from "../../src/pwa/model/screen-parts.ts";
import { ProblemLine } from "../../src/pwa/views/notice.tsx";
import { begun, ReturnButton } from "../../src/pwa/views/outcome.tsx";
import { spelled } from "../../src/pwa/views/spelled.tsx";
import { readPersonalCode } from "../../src/registration/personal-code.ts";
import { words } from "./support/words.ts";

describe("what a bystander can read", () => {
  test("a masked personal code shows its country and no character of the code", () => {
    expect(maskedPersonalCode("PNOEE-50001029996")).toBe("•••••••• (Estonia)");
    expect(maskedPersonalCode("nothing that can be read 50001029996")).not.toMatch(/\d/);
  });

  test("a masked document number shows only what tells a person's accounts apart", () => {
    expect(maskedDocumentNumber("PNOEE-50001029996-K2GN-Q")).toBe("•••• K2GN");
    expect(maskedDocumentNumber("50001029996")).not.toMatch(/\d/);
  });
});

test("a code is heard character by character, and the words around it as words", () => {
  expect(spelled(personalCode("PNOEE-50001029996"), false)).toBe("5 0 0 0 1 0 2 9 9 9 6 (Estonia)");
  expect(spelled(maskedPersonalCode("PNOEE-50001029996"), false)).toBe("(Estonia)");
  expect(spelled(maskedDocumentNumber("PNOEE-50001029996-KXGN-Q"), true)).toBe("K X G N");
  expect(spelled("3fa2 abcd", true)).toBe("3 f a 2 a b c d");
});

test("whose account it is stands on a screen where this browser has several, of one person or of two", () => {
  const of = (id: string, level: "ADVANCED" | "QUALIFIED", suffix: string): AccountView => ({
    id,
    owner: { givenName: "MARI", surname: "TAMM", semanticsIdentifier: "PNOEE-50001029996" },
    state: keyState({ level, documentNumber: `PNOEE-50001029996-${suffix}-Q` }),
    clockSkew: 0,
    waiting: [],
  });
  const [full, basic] = [of("a", "QUALIFIED", "K2GN"), of("b", "ADVANCED", "H7TT")];
  const state = (...accounts: readonly AccountView[]) => ({ accounts }) as unknown as AppState;
  expect(whoseAccount(state(full, basic), "a")).toBe("MARI TAMM · Full · •••• K2GN");
  expect(whoseAccount(state(full, basic), "b")).toBe("MARI TAMM · Basic · •••• H7TT");
  expect(whoseAccount(state(full), "a")).toBeUndefined();
});

test("a site that nobody named begins a sentence as any word does, and is small in the middle of one", () => {
  const party = text("outcome.theSite");
  expect(begun(text("outcome.refused.happened", { party }))).toMatch(/^The site was told/);
  expect(begun(text("outcome.failed.happened", { party }))).toMatch(/^The request of the site has ended/);
  // Only at the beginning of a message is it made large.
  for (const file of globSync("src/pwa/language/catalogs/*.json")) {
    const messages = Object.entries(JSON.parse(readFileSync(file, "utf8")) as Record<string, string>);
    const later = messages.filter(([key, message]) => key.startsWith("outcome.") && /[.!?] \{party\}/.test(message));
    expect(later, file).toEqual([]);
  }
});

describe("the form of an identity", () => {
  test.each([
    ["EE", "40504040001"],
    ["LT", "40504040001"],
    ["LV", "050405-10009"],
    ["LV", "320000-00000"],
    ["DE", "40504040001"],
  ])("asks for the date of birth exactly where the code of %s holds none: %s", (country, code) => {
    const read = readPersonalCode(country, code, { testPeople: true });
    expect(read.ok && read.value.dateOfBirth !== undefined).toBe(holdsDateOfBirth(country, code));
  });

  test("takes the country from the person's languages, where it is among the ones to choose from", () => {
    expect(likelyCountry(["en-US", "lv"])).toBe("LV");
    expect(likelyCountry(["nl-BE"])).toBe("BE");
    expect(likelyCountry(["", "not a language", "ja"])).toBe("EE");
  });

  test("offers no country twice", () => {
    expect(new Set(COUNTRIES).size).toBe(COUNTRIES.length);
  });
});

describe("time", () => {
  test("counts down to zero and not below", () => {
    expect(countdown(3 * 3_600_000)).toBe("3:00:00");
    expect(countdown(3 * 3_600_000 + 300)).toBe("3:00:00");
    expect(countdown(61_499)).toBe("0:01:01");
    expect(countdown(-1)).toBe("0:00:00");
    expect(minutesAndSeconds(127_000)).toBe("2:07");
    expect(minutesAndSeconds(-5)).toBe("0:00");
  });

  test("names days and times by the device's own clock", () => {
    const now = new Date(2026, 10, 22, 20, 0).getTime();
    expect(clockTime(now + 3_600_000)).toBe("21:00");
    expect(weekday(now + 24 * 3_600_000)).toBe("Monday");
    expect(calendarDay(now)).toBe("22 November 2026");
  });
});

test("no screen sets styles or markup from strings: the policy of the page forbids both", () => {
  const views = globSync("src/pwa/views/*.tsx");
  expect(views.length).toBeGreaterThan(10);
  for (const view of views) {
    expect(readFileSync(view, "utf8"), view).not.toMatch(/\bstyle=|innerHTML|setAttribute|\bhref="javascript/);
  }
});

test("what asks to be loaded anew has a button for it, where the screen can do it, and nothing else has", () => {
  const isOffered = (problem: Problem, reload?: () => void): boolean =>
    words(ProblemLine({ problem, ...(reload && { reload }) })).endsWith(text("app.loadAnew"));
  for (const problem of [{ kind: "reload" }, { kind: "storage", newer: true }, { kind: "storage", newer: false }] as const) {
    expect(isOffered(problem, () => undefined)).toBe(true);
    expect(isOffered(problem)).toBe(false);
  }
  for (const kind of ["failed", "unreachable", "passkey", "close-others", "other-window"] as const)
    expect(isOffered({ kind }, () => undefined)).toBe(false);
});

describe("Escape", () => {
  const model = testModel();
  const actions = actionsOf(model);
  const { state } = model.store;
  const [account, pin] = [{ accountId: "a", purpose: "auth" }, EMPTY_PIN] as const;
  const holds = (drawn: unknown) => (drawn as VNode<{ readonly holds?: boolean }>).props.holds ?? false;
  const passkey = (step: "offer" | "try" | "on" | "turned-off" | "impossible", prompting = false) =>
    holds(PasskeyOfAccount({ screen: { name: "passkey", accountId: "a", step, busy: false, prompting }, state, actions }));

  test.each(["choose", "drawn", "repeat"] as const)("throws no PIN away that is chosen, made or changed (%s)", (stage) => {
    expect(holds(ChoosePin({ screen: { name: "choose-pin", purpose: "sign", stage, pin }, actions }))).toBe(true);
    expect(holds(ChangePin({ screen: { name: "change-pin", ...account, stage, pin }, state, actions }))).toBe(true);
  });

  test("leaves no screen where a PIN or a passkey is used, or keys are made", () => {
    const application = { semanticsIdentifier: "PNOEE-50001029996", level: "QUALIFIED" } as never;
    expect(holds(SignApplication({ screen: { name: "application", application, pin }, state, actions }))).toBe(true);
    expect(holds(ChangePin({ screen: { name: "change-pin", ...account, stage: "old", pin }, state, actions }))).toBe(true);
    expect(holds(AddKeys({ screen: { name: "add-keys", ...account, pin }, state, actions }))).toBe(true);
    const making = { name: "changing-pin", ...account, change: "replace", stage: "waiting", waitsForNetwork: true } as const;
    expect(holds(ChangingPin({ screen: making, actions }))).toBe(true);
    expect([passkey("offer"), passkey("try"), passkey("on", true)]).toEqual([true, true, true]);
  });

  test("leaves a passkey that is only looked at", () => {
    expect([passkey("on"), passkey("turned-off"), passkey("impossible")]).toEqual([false, false, false]);
  });
});

test("an account that is not finished says that its server is away, and the start says nothing", () => {
  const actions = actionsOf(testModel());
  const said = (problem?: Problem) => words(Starting({ screen: { name: "starting", ...(problem && { problem }) }, actions }));
  expect(said({ kind: "unreachable" })).toMatch(/cannot be reached.*not finished yet.*goes on by itself/);
  expect(said()).not.toMatch(/reached/);
});

test("a button that leads back to a site keeps the site's name as it is written", () => {
  const names = (drawn: ComponentChildren): readonly unknown[] => {
    if (Array.isArray(drawn)) return drawn.flatMap(names);
    if (typeof drawn !== "object" || drawn === null) return [];
    const { type, props } = drawn as VNode<{ children?: ComponentChildren; translate?: boolean }>;
    if (typeof type === "function") return names((type as (given: typeof props) => ComponentChildren)(props));
    return props.translate === false ? [props.children] : names(props.children);
  };
  const button = ReturnButton({ returnTo: "https://bank.example/way?back", actions: {} as Actions });
  expect(names(button)).toEqual(["bank.example"]);
  expect(words(button)).toBe("Back to  bank.example");
});
