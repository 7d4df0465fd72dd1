// Suite `ed25519`: what a device may not say in the generation of a key. The server answers with a sealed failure, makes no key, stays in
// step, and takes the next honest line as if nothing had been.
import { ed25519 } from "@noble/curves/ed25519.js";
import { beforeAll, describe, expect, it } from "vitest";
import type { Suite } from "../../src/account/purpose.ts";
import type { DeviceKey } from "../../src/authenticator/device-record.ts";
import { makeKey } from "../../src/authenticator/key-making.ts";
import { type EnvelopeBinding, sealSecondEnvelope } from "../../src/channel/second-envelope.ts";
import { concatBytes, fromBase64Url, toBase64Url } from "../../src/protocol/encoding.ts";
import { proofMessage } from "../../src/protocol/proof-message.ts";
import { DEVICE, SERVER, transcriptOf } from "../../src/split-key/ed25519/common.ts";
import { reduce, toScalarBytes } from "../../src/split-key/ed25519/group.ts";
import { drawLine } from "../../src/split-key/ed25519/key-generation.ts";
import { BAD_POINTS } from "../support/bad-points.ts";
import { type HeadlessDevice, identifiedDevice, PINS, pinOf } from "../support/headless-device.ts";
import { randomBytes } from "../support/raw-device.ts";
import { query } from "../support/server-vault.ts";

const { Point } = ed25519;
const L = Point.Fn.ORDER;

let device: HeadlessDevice;
let handle: string;
const versions: Record<Suite, number> = { rsa: 0, ed25519: 0 };
/** Commitments to a0 and a1, proof of knowledge (R, µ), share: five times 32 bytes. */
let honest: readonly Uint8Array[];

beforeAll(async () => {
  device = await identifiedDevice();
  handle = device.storage.record?.handle ?? "";
  for (const suite of ["rsa", "ed25519"] as const) versions[suite] = await initiate(suite);
  honest = partsOf(drawLine(DEVICE, randomBytes).message);
});

const partsOf = (message: Uint8Array): readonly Uint8Array[] =>
  [0, 1, 2, 3, 4].map((index) => message.slice(32 * index, 32 * (index + 1)));
const numberOf = (scalar: Uint8Array): bigint => reduce(scalar);

async function initiate(suite: Suite): Promise<number> {
  const initiated = await device.client.call("initiateKey", () => ({ purpose: "auth", suite }));
  if (!initiated.ok) throw new Error(initiated.failure.code);
  return initiated.value.keyVersion;
}

interface About {
  readonly keyVersion?: number;
  readonly binding?: Partial<EnvelopeBinding>;
}

function exchange(contents: Readonly<Record<string, Uint8Array>>, { keyVersion = versions.ed25519, binding }: About = {}) {
  return device.client.call("dkgRound", async ({ encryptionKey }, requestId) => {
    const real = { handle, requestId, operation: "dkgRound", subject: `auth:${keyVersion}` };
    const envelope = await sealSecondEnvelope(encryptionKey, { ...real, ...binding }, contents);
    return { purpose: "auth", keyVersion, envelope };
  });
}

/** The code of the refusal, or the server's own values. */
async function say(contents: Readonly<Record<string, Uint8Array>>, about: About = {}): Promise<string> {
  const said = await exchange(contents, about);
  return said.ok ? said.value.answer : said.failure.code;
}

const sayParts = (parts: readonly Uint8Array[]): Promise<string> => say({ secret: concatBytes(...parts) });

async function expectNothingStored(): Promise<void> {
  const rows = await query(handle, "SELECT state, public_key, server_share, proof, proof_nonce FROM key_pair");
  const empty = { state: "initiated", public_key: null, server_share: null, proof: null, proof_nonce: null };
  expect(rows).toEqual([empty, empty]);
}

describe("what is malformed", () => {
  it("another length, another name or none", async () => {
    const whole = concatBytes(...honest);
    for (const length of [0, 159, 161, 320]) {
      expect(await say({ secret: new Uint8Array(length).fill(1) }), `${length} bytes`).toBe("malformed");
    }
    expect(await say({ contribution: whole })).toBe("malformed");
    expect(await say({})).toBe("malformed");
    await expectNothingStored();
  });

  it("a point that is none, is spelled twice, or lies outside of the group, for each of the three", async () => {
    for (const [name, point] of BAD_POINTS) {
      for (const index of [0, 1, 2]) expect(await sayParts(honest.with(index, point)), `${name} at ${index}`).toBe("malformed");
    }
    await expectNothingStored();
  });

  it("a scalar of L or above, also the same number plus L", async () => {
    for (const index of [3, 4]) {
      const same = toScalarBytes(numberOf(honest[index] ?? new Uint8Array()) + L);
      for (const scalar of [toScalarBytes(L), same, new Uint8Array(32).fill(0xff)]) {
        expect(await sayParts(honest.with(index, scalar))).toBe("malformed");
      }
    }
    await expectNothingStored();
  });

  it("an envelope for another account, request, operation, purpose or version", async () => {
    const secret = concatBytes(...honest);
    const others = [
      { handle: "0".repeat(64) },
      { requestId: "A".repeat(22) },
      { operation: "submitClient2ndPart" },
      { operation: "provePossession" },
      { subject: `sign:${versions.ed25519}` },
      { subject: `auth:${versions.rsa}` },
    ];
    for (const binding of others) expect(await say({ secret }, { binding })).toBe("malformed");
    await expectNothingStored();
  });
});

describe("what is unacceptable", () => {
  it("a proof of knowledge that is wrong, of another line, of another participant, or one's own for a sum", async () => {
    const [constant, slope, commitment, response, share] = honest as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array];
    const other = partsOf(drawLine(DEVICE, randomBytes).message) as [Uint8Array, Uint8Array];
    const asServer = partsOf(drawLine(SERVER, randomBytes).message);
    expect(await sayParts([constant, slope, commitment, toScalarBytes((numberOf(response) + 1n) % L), share])).toBe(
      "unacceptable_key",
    );
    expect(await sayParts([other[0], other[1], commitment, response, share])).toBe("unacceptable_key");
    expect(await sayParts(asServer)).toBe("unacceptable_key");
    // A rogue key: a0·B = X − S, for a server line S that was seen, and a proof for X.
    const rogue = Point.fromBytes(constant).subtract(Point.fromBytes(other[0])).toBytes();
    expect(await sayParts([rogue, slope, commitment, response, share])).toBe("unacceptable_key");
    await expectNothingStored();
  });

  it("a share that does not lie on the line", async () => {
    for (const share of [toScalarBytes((numberOf(honest[4] ?? new Uint8Array()) + 1n) % L), new Uint8Array(32)]) {
      expect(await sayParts(honest.with(4, share))).toBe("unacceptable_key");
    }
    await expectNothingStored();
  });
});

describe("what comes at the wrong time", () => {
  it("a round for a key of the other suite, the other suite's half for this key, and versions that are not under way", async () => {
    const secret = concatBytes(...honest);
    for (const keyVersion of [versions.rsa, versions.ed25519 + 1])
      expect(await say({ secret }, { keyVersion })).toBe("wrong_state");
    const half = await device.client.call("submitClient2ndPart", async (record, requestId) => {
      const keyVersion = versions.ed25519;
      const binding = { handle, requestId, operation: "submitClient2ndPart", subject: `auth:${keyVersion}` };
      const envelope = await sealSecondEnvelope(record.encryptionKey, binding, { secret });
      return { purpose: "auth", keyVersion, device: toBase64Url(new Uint8Array(384).fill(0xff)), envelope };
    });
    expect(half).toMatchObject({ failure: { code: "wrong_state" } });
    await expectNothingStored();
  });

  it("a key is joined once; the server's own values, said back to it for the next one, are no line of the device's", async () => {
    const answer = await say({ secret: concatBytes(...honest) });
    expect(answer).toHaveLength(214);
    expect(await say({ secret: concatBytes(...honest) })).toBe("wrong_state");
    versions.ed25519 = await initiate("ed25519");
    expect(await say({ secret: fromBase64Url(answer) ?? new Uint8Array() })).toBe("unacceptable_key");
  });

  it("a line that was joined before gives another key, since the server draws its own anew", async () => {
    expect(await say({ secret: concatBytes(...honest) })).toHaveLength(214);
    const rows = await query(handle, "SELECT public_key, state FROM key_pair WHERE suite = 'ed25519' ORDER BY key_version");
    expect(rows).toMatchObject([{ state: "destroyed" }, { state: "joined" }]);
    expect(new Uint8Array(rows[0]?.["public_key"] as ArrayBuffer)).not.toEqual(
      new Uint8Array(rows[1]?.["public_key"] as ArrayBuffer),
    );
  });

  it("a possession that is not proven destroys the key, and an honest one is made after all of that", async () => {
    const keyVersion = (versions.ed25519 = await initiate("ed25519"));
    const joined = await exchange({ secret: concatBytes(...honest) });
    if (!joined.ok) throw new Error(joined.failure.code);
    const { nonce, offer } = joined.value.proof;
    const [operation, purpose] = ["provePossession", "auth"] as const;
    const message = proofMessage({ operation, handle, purpose, suite: "ed25519", keyVersion, nonce });
    const transcript = transcriptOf({ operation, purpose, keyVersion, message, offer });
    const proven = await device.client.call(operation, async ({ encryptionKey }, requestId) => {
      const binding = { handle, requestId, operation, subject: `auth:${keyVersion}` };
      const contribution = concatBytes(...honest.slice(0, 2), new Uint8Array(32));
      const contents = { contribution, transcript, grant: randomBytes(32) };
      return { purpose, keyVersion, envelope: await sealSecondEnvelope(encryptionKey, binding, contents) };
    });
    expect(proven).toMatchObject({ failure: { code: "possession_not_proven" } });
    const newest = () =>
      query(handle, "SELECT state, server_share IS NULL AS gone FROM key_pair ORDER BY key_version DESC LIMIT 1");
    expect(await newest()).toEqual([{ state: "destroyed", gone: 1 }]);

    const keep = (_: unknown, key: DeviceKey) => [key];
    const wanted = { purpose, suite: "ed25519", pin: pinOf(PINS.auth), grant: randomBytes(32), keep } as const;
    expect((await makeKey(device.client, wanted, () => undefined)).ok).toBe(true);
    expect(await newest()).toEqual([{ state: "proven", gone: 0 }]);
  });
});
