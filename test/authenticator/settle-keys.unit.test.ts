// Which keys a device drops, by what the server says of the account: only those that no later state of it can need.
import { describe, expect, it } from "vitest";
import type { Purpose, Suite } from "../../src/account/purpose.ts";
import type { ChannelClient } from "../../src/authenticator/channel-client.ts";
import type { DeviceKey, DeviceRecord } from "../../src/authenticator/device-record.ts";
import { missingSuites, settleKeys } from "../../src/authenticator/re-key.ts";
import type { AnswerBody } from "../../src/protocol/device-messages.ts";
import { MemoryStorage } from "../support/memory-storage.ts";

type KeyState = AnswerBody<"getKeyState">;

const named = (purpose: Purpose, suite: Suite, keyVersion: number): DeviceKey => ({
  purpose,
  suite,
  keyVersion,
  salt: "",
  stored: "",
  masked: "",
});
const AUTH = named("auth", "rsa", 1);
const OLD = [named("sign", "rsa", 1), named("sign", "ed25519", 2)];
const NEW = [named("sign", "rsa", 3), named("sign", "ed25519", 4)];
const reKey = (state: "allowed" | "issuing", purpose: Purpose = "sign"): KeyState["reKey"] => ({
  purpose,
  change: "replace",
  suites: ["rsa", "ed25519"],
  state,
  until: 0,
});

/** A device with these keys, whose server says that. `meanwhile`: while the answer is on its way. */
async function settled(keys: readonly DeviceKey[], says: Partial<KeyState>, meanwhile: readonly DeviceKey[] = []) {
  const storage = new MemoryStorage({ keys } as unknown as DeviceRecord);
  const call = async () => {
    await storage.write({ keys: [...keys, ...meanwhile] } as unknown as DeviceRecord);
    return { ok: true, value: { status: "active", reKey: null, ...says } };
  };
  const result = await settleKeys({ storage, call } as unknown as ChannelClient);
  if (!result.ok) throw new Error(result.failure.code);
  return { keys: storage.record?.keys, exchanged: result.value.exchanged };
}

describe("keys that are kept", () => {
  it.each<readonly [string, Partial<KeyState>]>([
    ["while the new ones are being made", { keys: [AUTH, ...OLD], reKey: reKey("allowed") }],
    ["while certificates are made, whatever stands meanwhile", { keys: [AUTH, ...NEW], reKey: reKey("issuing") }],
    ["while the account is enrolled", { status: "identified", keys: [AUTH] }],
    ["while the account is enrolled, and one of two suites of a PIN is proven", { status: "identified", keys: [AUTH, OLD[0]!] }],
    ["while its first certificates are made", { status: "issuing", keys: [AUTH] }],
    ["of an account that is closed", { status: "closed", keys: [] }],
  ])("%s", async (_, says) => {
    const keys = [AUTH, ...OLD, ...NEW];
    expect(await settled(keys, says)).toEqual({ keys, exchanged: [] });
  });

  it("of a purpose of which the server names none, which is locked for ever", async () => {
    const keys = [AUTH, ...OLD];
    expect(await settled(keys, { keys: [AUTH] })).toEqual({ keys, exchanged: [] });
  });

  it("when they were made in another window after the question was asked", async () => {
    const keys = [AUTH, ...OLD];
    expect(await settled(keys, { keys }, NEW)).toEqual({ keys: [...keys, ...NEW], exchanged: [] });
  });
});

describe("keys that an account lacks", () => {
  const keys = [AUTH, ...OLD];
  const pins = { auth: { state: "usable" }, sign: { state: "usable" } };

  it("are those of suites in which the server makes some, and of no other", () => {
    const state = (suites: readonly Suite[]) => ({ suites, keys, pins }) as unknown as KeyState;
    expect(missingSuites(state(["rsa", "ed25519"]), "auth")).toEqual(["ed25519"]);
    expect(missingSuites(state(["rsa", "ed25519"]), "sign")).toEqual([]);
    expect(missingSuites(state(["rsa"]), "auth")).toEqual([]);
  });
});

describe("keys that are dropped", () => {
  it("are the old ones when the new ones stand: the exchange is told", async () => {
    const says = { keys: [AUTH, ...NEW] };
    expect(await settled([AUTH, ...OLD, ...NEW], says)).toEqual({ keys: [AUTH, ...NEW], exchanged: ["sign"] });
    expect(await settled([AUTH, ...NEW], says)).toEqual({ keys: [AUTH, ...NEW], exchanged: [] });
  });

  it("are the new ones when they were not proven in time: nothing was exchanged", async () => {
    expect(await settled([AUTH, ...OLD, ...NEW], { keys: [AUTH, ...OLD] })).toEqual({ keys: [AUTH, ...OLD], exchanged: [] });
    const added = await settled([...OLD, AUTH, named("auth", "ed25519", 2)], { keys: [...OLD, AUTH], reKey: reKey("allowed") });
    expect(added).toEqual({ keys: [...OLD, AUTH], exchanged: [] });
  });

  it("are those of another purpose too while new ones of one are being made", async () => {
    const says = { keys: [AUTH, ...NEW], reKey: reKey("allowed", "auth") };
    expect(await settled([AUTH, ...OLD, ...NEW], says)).toEqual({ keys: [AUTH, ...NEW], exchanged: ["sign"] });
  });
});
