// The key worker's jobs. Of a PIN that is chosen: what it is held against. Of an attempt that is made while an earlier one's answer is
// missing: the PIN that was typed is tried, unless the earlier one ended it all.
import "./support/page.ts";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { ChannelClient, type Settled } from "../../src/authenticator/channel-client.ts";
import { makeKeys } from "../../src/authenticator/enrolment.ts";
import { ServerUnreachable } from "../../src/authenticator/server-connection.ts";
import type { SignedTransaction } from "../../src/protocol/claimed-transaction.ts";
import { type Job, prepare, runJob } from "../../src/pwa/key-work/run-job.ts";
import { networkMayBeBack } from "../../src/pwa/network-wait.ts";
import { settledAttempt, signed, wrongPin } from "./support/model.ts";

vi.mock("../../src/pwa/storage/database.ts", () => import("./support/database.ts"));
vi.mock("../../src/pwa/network-wait.ts", () => ({ networkMayBeBack: vi.fn<() => Promise<void>>(async () => undefined) }));
vi.mock("../../src/authenticator/enrolment.ts", () => ({ makeKeys: vi.fn<() => Promise<unknown>>() }));

const approve = (): Job & { job: "approve" } => ({
  job: "approve",
  input: {
    accountId: "a",
    claimed: { transactionId: "t1" } as SignedTransaction,
    pin: Uint8Array.from([49, 50, 51, 52]).buffer,
  },
});

let before: Settled | undefined;

beforeEach(() => {
  vi.spyOn(ChannelClient.prototype, "settle").mockImplementation(async () => before);
});

const silent = { progress: () => undefined, settled: () => undefined };
/** Of an account that is not there: what says so is the try. */
const TRIED = { ok: false, failure: { code: "no_account" } };

describe("the PIN that was typed", () => {
  it.each([
    ["nothing was missing", undefined],
    ["the earlier attempt was wrong", settledAttempt("t1", wrongPin(2))],
    ["the earlier attempt never arrived", settledAttempt("t1", signed, false)],
    ["another request was signed", settledAttempt("t2", signed)],
  ])("is tried where %s", async (_, settled) => {
    before = settled;
    expect(await runJob(approve(), silent)).toEqual(TRIED);
  });

  it.each([
    ["signed", signed],
    ["locked the PIN", { ok: false, failure: { code: "wrong_pin", attemptsLeft: 0, lockedUntil: 9 } }],
    ["destroyed the key", { ok: false, failure: { code: "pin_dead" } }],
    ["cannot be told any more", { ok: false, failure: { code: "refused", plaintextHash: "" } }],
  ] as const)("is not tried where the earlier attempt %s", async (_, outcome) => {
    before = settledAttempt("t1", outcome);
    expect(await runJob(approve(), silent)).toEqual(outcome.ok ? { ok: true, value: undefined } : outcome);
  });

  it("waits for what is being prepared, which may fail", async () => {
    before = undefined;
    const done: string[] = [];
    const preparing = new Promise<undefined>((resolve) =>
      setTimeout(() => {
        done.push("prepared");
        resolve(undefined);
      }, 5),
    );
    await runJob(approve(), silent, preparing).then(() => done.push("tried"));
    expect(done).toEqual(["prepared", "tried"]);
    // No account is there to prepare for.
    expect(await prepare({ accountId: "a", claimed: approve().input.claimed })).toBeUndefined();
  });

  it("is overwritten in any case", async () => {
    before = settledAttempt("t1", signed);
    const work = approve();
    await runJob(work, silent);
    expect(new Uint8Array(work.input.pin)).toEqual(new Uint8Array(4));
  });
});

describe("a PIN that is chosen", () => {
  const born = { dateOfBirth: "1987-06-25" };
  const taken = { ok: true, value: undefined };
  const refused = (failure: string) => ({ ok: false, failure });

  it.each([
    ["is taken where nothing is known", "2506", {}, taken],
    ["is not the date of birth that was stated", "2506", born, refused("birth_date")],
    ["nor is it where the code tells none", "2506", { semanticsIdentifier: "PNOFI-131052-308T", ...born }, refused("birth_date")],
    ["is not the date that the code tells", "0201", { semanticsIdentifier: "PNOEE-50001029996" }, refused("birth_date")],
    ["is no part of the code", "1310", { semanticsIdentifier: "PNOFI-131052-308T" }, refused("part_of_personal_code")],
  ])("%s", async (_, digits, person, result) => {
    const pin = Uint8Array.from(digits, (digit) => digit.charCodeAt(0)).buffer;
    expect(await runJob({ job: "check-pin", input: { purpose: "auth", pin, ...person } }, silent)).toEqual(result);
  });
});

it("the pauses between tries to make keys grow while nothing is reached, and begin anew with each further step", async () => {
  vi.spyOn(ChannelClient.prototype, "call").mockResolvedValue({ ok: true, value: { status: "identified" } } as never);
  const steps = ["generating", "joining", "proving"] as const;
  // How many steps each try gets; the last one gets through.
  for (const reached of [1, 1, 1, 2, 2, 1, 3]) {
    vi.mocked(makeKeys).mockImplementationOnce(async (_client, _pins, progress) => {
      for (const step of steps.slice(0, reached)) progress?.({ step, purpose: "auth", suite: "rsa" });
      if (reached < steps.length) throw new ServerUnreachable();
      return { ok: true, value: undefined };
    });
  }
  const pins = { auth: new ArrayBuffer(4), sign: new ArrayBuffer(5) };
  await runJob({ job: "make-keys", input: { accountId: "a", pins } }, silent);
  expect(vi.mocked(networkMayBeBack).mock.calls.map(([failures]) => failures)).toEqual([0, 1, 2, 0, 1, 2]);
});
