// Who the test people are and what each of them does, person by person and request by request.
import { describe, expect, it } from "vitest";
import { parseDocumentNumber } from "../../src/protocol/document-number.ts";
import { type AnsweredRequest, answersRequests, answerTo, BEHAVIOURS } from "../../src/simulator/behaviour.ts";
import { identityOf, PEOPLE, pinsOf } from "../../src/simulator/people.ts";
import { readPersonalCode } from "../../src/registration/personal-code.ts";
import { selfAsserted } from "../../src/registration/self-asserted.ts";
import { checkPin } from "../../src/split-key/pin-rules.ts";

const TEXT = "displayTextAndPIN";
const MESSAGE = "confirmationMessage";
const CHOICE = "confirmationMessageAndVerificationCodeChoice";
const REQUESTS: Readonly<Record<string, AnsweredRequest>> = {
  [TEXT]: { kind: "authentication", interactionTypeUsed: TEXT },
  [MESSAGE]: { kind: "signature", interactionTypeUsed: MESSAGE },
  [CHOICE]: { kind: "authentication", interactionTypeUsed: CHOICE },
  certificate: { kind: "certificate-choice" },
};

const OK = { [TEXT]: "approve", [MESSAGE]: "approve", [CHOICE]: "approve", certificate: "approve" };
const REFUSED = "USER_REFUSED";
const INTERACTION = "USER_REFUSED_INTERACTION";

/** The published table: the numbers, and what follows a request of each kind. */
const PUBLISHED: readonly (readonly [documentNumbers: string, answers: Readonly<Record<string, string | undefined>>])[] = [
  ["PNOEE-40504040001-DEM0-Q PNOLT-40504040001-MOCK-Q PNOLV-050405-10009-DEM0-Q PNOBE-05040400032-DEMO-Q", OK],
  ["PNOEE-50001029996-DEMO-Q PNOLT-50001029996-DEMO-Q PNOLV-020100-29990-MOCK-Q PNOBE-00010299944-MOCK-Q", OK],
  ["PNOLT-40504049999-MOCK-NQ PNOLV-050404-19993-DEMO-NQ", OK],
  ["PNOEE-40404040009-MOCK-Q PNOLT-40404040009-MOCK-Q PNOLV-040404-10003-DEMO-Q PNOBE-04040400287-MOCK-Q", OK],
  ["PNOEE-61101019999-MOCK-Q PNOLT-61101019999-MOCK-Q PNOLV-010111-22341-MOCK-Q PNOBE-11010199815-MOCK-Q", OK],
  [
    "PNOEE-30403039917-MOCK-Q PNOLT-30403039917-MOCK-Q PNOLV-030403-10016-MOCK-Q PNOBE-00010238349-MOCK-Q",
    { [TEXT]: REFUSED, [MESSAGE]: REFUSED, [CHOICE]: REFUSED, certificate: REFUSED },
  ],
  [
    "PNOEE-30403039928-MOCK-Q PNOLT-30403039928-MOCK-Q PNOLV-030403-10024-MOCK-Q PNOBE-00010267350-MOCK-Q",
    { ...OK, [TEXT]: INTERACTION },
  ],
  [
    "PNOEE-30403039939-MOCK-Q PNOLT-30403039939-MOCK-Q PNOLV-030403-10032-MOCK-Q PNOBE-00010266756-MOCK-Q",
    { ...OK, [CHOICE]: INTERACTION },
  ],
  [
    "PNOEE-30403039946-MOCK-Q PNOLT-30403039946-MOCK-Q PNOLV-030403-10040-MOCK-Q PNOBE-00010232708-MOCK-Q",
    { ...OK, [MESSAGE]: INTERACTION },
  ],
  [
    "PNOEE-30403039950-MOCK-Q PNOLT-30403039950-MOCK-Q PNOLV-030403-10059-MOCK-Q PNOBE-00010211724-MOCK-Q",
    { ...OK, [CHOICE]: INTERACTION },
  ],
  [
    "PNOEE-30403039972-MOCK-Q PNOLT-30403039972-MOCK-Q PNOLV-030403-10075-MOCK-Q PNOBE-00010216276-MOCK-Q",
    { ...OK, [CHOICE]: "WRONG_VC" },
  ],
  [
    "PNOEE-30403039983-MOCK-Q PNOLT-30403039983-MOCK-Q PNOLV-030403-10083-MOCK-Q PNOBE-00010220335-MOCK-Q",
    { [TEXT]: undefined, [MESSAGE]: undefined, [CHOICE]: undefined, certificate: undefined },
  ],
];

describe("the test people", () => {
  it("are those of the published table, and the first is the one that every example begins with", () => {
    const published = PUBLISHED.flatMap(([documentNumbers]) => documentNumbers.split(" "));
    expect(PEOPLE.map(({ documentNumber }) => documentNumber).toSorted()).toEqual(published.toSorted());
    expect(PEOPLE).toHaveLength(46);
    expect(PEOPLE[0]?.documentNumber).toBe("PNOEE-40504040001-DEM0-Q");
  });

  it.each(PUBLISHED)("%s answer as their row says", (documentNumbers, answers) => {
    for (const documentNumber of documentNumbers.split(" ")) {
      const { behaviour } = PEOPLE.find((person) => person.documentNumber === documentNumber)!;
      const given = Object.entries(REQUESTS).map(([name, request]) => [name, answerTo(behaviour, request)]);
      expect(Object.fromEntries(given)).toEqual(answers);
      expect(answersRequests(behaviour)).toBe(answers["certificate"] !== undefined);
    }
  });

  it("have behaviours that can be named", () => {
    expect(PEOPLE.filter(({ behaviour }) => !BEHAVIOURS.includes(behaviour))).toEqual([]);
  });

  it("state identities that registration accepts, and get the document number of the table by them", async () => {
    for (const person of PEOPLE) {
      const proof = await selfAsserted.prove(identityOf(person), {
        environment: { LOCAL_MODE: "true" },
        now: Date.parse("2026-11-21T12:00:00Z"),
      });
      const { semanticsIdentifier, suffix, qualified } = parseDocumentNumber(person.documentNumber)!;
      expect(proof).toMatchObject({
        ok: true,
        value: { semanticsIdentifier, documentSuffix: suffix, level: qualified ? "QUALIFIED" : "ADVANCED" },
      });
    }
  });

  it("have PINs that a person might choose, each its own for each purpose", () => {
    for (const person of PEOPLE) {
      const { auth, sign } = pinsOf(person);
      const { country, personalCode } = identityOf(person);
      const read = readPersonalCode(country, personalCode, { testPeople: true });
      const about = { personalCode, dateOfBirth: read.ok ? read.value.dateOfBirth : undefined };
      expect(checkPin({ pin: auth, purpose: "auth", ...about })).toEqual({ ok: true, value: auth });
      expect(checkPin({ pin: sign, purpose: "sign", otherPin: auth, ...about })).toEqual({ ok: true, value: sign });
    }
    const inCode = { ...PEOPLE[0]!, documentNumber: "PNOFI-8063-90638-MOCK-Q" };
    expect(pinsOf(inCode)).not.toEqual(pinsOf(PEOPLE[0]!));
  });
});
