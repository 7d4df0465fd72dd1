import { describe, expect, it } from "vitest";
import { stepOf } from "../../src/channel/step.ts";

const CURRENT = "current-otp";
const incoming = { operation: "listTransactions", oneTimePassword: CURRENT, plaintextHash: "hash" };
const known = { plaintextHash: "hash", oneTimePassword: "used-otp", answered: true };

describe("a request's step", () => {
  it("is in step with an unseen id and the current OTP", () => {
    expect(stepOf(CURRENT, undefined, incoming)).toBe("in_step");
  });

  it("is out of step with an unseen id and any other OTP", () => {
    expect(stepOf(CURRENT, undefined, { ...incoming, oneTimePassword: "old-otp" })).toBe("out_of_step");
    expect(stepOf(CURRENT, undefined, { ...incoming, operation: "resume", oneTimePassword: "old-otp" })).toBe("out_of_step");
  });

  it("repeats the last answer for the same bytes", () => {
    expect(stepOf(CURRENT, known, { ...incoming, oneTimePassword: "used-otp" })).toBe("repeat");
  });

  it("refuses a known id with other bytes, whatever the OTP", () => {
    expect(stepOf(CURRENT, known, { ...incoming, plaintextHash: "other" })).toBe("refused");
    expect(stepOf(CURRENT, known, { ...incoming, oneTimePassword: CURRENT, plaintextHash: "other" })).toBe("refused");
  });

  it("refuses a known id whose answer is no longer stored", () => {
    expect(stepOf(CURRENT, { ...known, answered: false }, incoming)).toBe("refused");
  });

  it("never calls a known id out of step, so that recorded messages raise no alarm", () => {
    for (const operation of ["resume", "performSignature", "answerChallenge", "revokeKey"]) {
      for (const answered of [true, false]) {
        for (const plaintextHash of ["hash", "other"]) {
          const step = stepOf(CURRENT, { ...known, answered }, { operation, plaintextHash, oneTimePassword: "old-otp" });
          expect(["repeat", "refused"]).toContain(step);
        }
      }
    }
  });

  it("resumes the last request with that request's own OTP only", () => {
    const resume = { operation: "resume", plaintextHash: "other", oneTimePassword: "used-otp" };
    expect(stepOf(CURRENT, known, resume)).toBe("repeat");
    expect(stepOf(CURRENT, known, { ...resume, oneTimePassword: CURRENT })).toBe("refused");
    expect(stepOf(CURRENT, { ...known, answered: false }, resume)).toBe("refused");
  });

  it("tells a resume of an unseen id that it was never received", () => {
    expect(stepOf(CURRENT, undefined, { ...incoming, operation: "resume" })).toBe("never_received");
  });

  it("admits an answer to a challenge beside the step, so that it never burns the OTP", () => {
    expect(stepOf(CURRENT, undefined, { ...incoming, operation: "answerChallenge" })).toBe("beside");
    const stale = { ...incoming, operation: "answerChallenge", oneTimePassword: "old-otp" };
    expect(stepOf(CURRENT, undefined, stale)).toBe("beside");
  });

  it("lets an owner close the account with any OTP", () => {
    expect(stepOf(CURRENT, undefined, { ...incoming, operation: "revokeKey", oneTimePassword: "old-otp" })).toBe("beside");
  });
});
