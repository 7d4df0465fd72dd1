// A change of PIN that is interrupted, wherever that happens: the account goes on under one of the two PINs, the device knows which keys
// stand, and nothing is signed with a key that is half made.
import { beforeAll, describe, expect, it } from "vitest";
import type { KeyMakingStep } from "../../src/authenticator/key-making.ts";
import { changePin, settleKeys } from "../../src/authenticator/re-key.ts";
import { ServerUnreachable } from "../../src/authenticator/server-connection.ts";
import { approveTransaction } from "../../src/authenticator/transactions.ts";
import { randomBytes } from "../support/raw-device.ts";
import { endResult, PSS, startSignature } from "../support/demo-party.ts";
import { claimOnly, enrol, PERSON, PINS, pinOf } from "../support/headless-device.ts";
import { seedDemoParty } from "../support/relying-party.ts";
import { type Fate, unreliableConnection } from "../support/unreliable-connection.ts";

const NEW_PIN = "92746";
const ED25519 = { signatureAlgorithm: "ed25519", hashAlgorithm: "SHA-512" } as const;
const connection = unreliableConnection();
const done = { ok: true, value: undefined };

let device: Awaited<ReturnType<typeof enrol>>;

beforeAll(async () => {
  await seedDemoParty();
  device = await enrol(PERSON, PINS, connection);
});

const versions = () => device.storage.record?.keys.filter(({ purpose }) => purpose === "sign").map((key) => key.keyVersion);

const change = (oldPin: string, newPin: string, progress?: (step: KeyMakingStep) => void) =>
  changePin(device.client, "sign", { oldPin: pinOf(oldPin), newPin: pinOf(newPin) }, { progress, iterations: 1 });

/** The network fails from that step on, until the device gives up. */
async function interrupted(fate: Fate, step: KeyMakingStep["step"], suite: KeyMakingStep["suite"]): Promise<void> {
  const changing = change(PINS.sign, NEW_PIN, (at) => {
    if (at.step === step && at.suite === suite) connection.fates.push(fate, fate, fate);
  });
  await expect(changing).rejects.toThrow(ServerUnreachable);
}

/** By both suites. Each time another document: the same request again would get the earlier session. */
async function signsWith(pin: string): Promise<void> {
  for (const algorithms of [PSS, ED25519]) {
    const sessionID = await startSignature(device.documentNumber, randomBytes(9), algorithms);
    expect(await approveTransaction(device.client, await claimOnly(device), pinOf(pin))).toEqual(done);
    expect(await endResult(sessionID)).toBe("OK");
  }
}

describe("a change of PIN", () => {
  it.each([
    ["whose second key never reached the server", "request lost", "joining", "ed25519", [1, 2, 3]],
    ["whose answer with the server's half was lost", "answer lost", "joining", "ed25519", [1, 2, 3, 5]],
    ["whose last proof never arrived", "request lost", "proving", "ed25519", [1, 2, 3, 5, 7, 8]],
  ] as const)("%s leaves the old PIN, with old and new keys side by side", async (_, fate, step, suite, held) => {
    await interrupted(fate, step, suite);
    expect(versions()).toEqual(held);
    if (step === "proving") await signsWith(PINS.sign);
  });

  it("that ended without an answer has ended well: the device says so at the next start, and changes nothing more", async () => {
    await interrupted("answer lost", "proving", "ed25519");
    expect(await change(PINS.sign, "80361")).toEqual({ ok: false, failure: { code: "exchanged_before" } });
    expect(versions()).toEqual([9, 10]);
    await signsWith(NEW_PIN);
  });

  it("begins anew after it, and costs the old PIN no attempt", async () => {
    expect(await change(NEW_PIN, PINS.sign)).toEqual(done);
    expect(versions()).toEqual([11, 12]);
    const settled = await settleKeys(device.client);
    expect(settled).toMatchObject({ ok: true, value: { exchanged: [], state: { pins: { sign: { attemptsLeft: 3 } } } } });
    await signsWith(PINS.sign);
  });
});
