// One new key pair, made by two: announced, generated here, joined with the server's half, masked and kept, proven. For an enrolment and
// for the exchange of keys alike. A key that an interruption left half made is thrown away by both and made anew: no share is ever
// masked twice.
import type { Purpose, Suite } from "../account/purpose.ts";
import { failed, type Result, success } from "../account/result.ts";
import { sealSecondEnvelope } from "../channel/second-envelope.ts";
import type { ProofRequest } from "../protocol/claimed-transaction.ts";
import { fromBase64Url, toBase64Url } from "../protocol/encoding.ts";
import { proofMessage } from "../protocol/proof-message.ts";
import { deviceHalves } from "../split-key/device-halves.ts";
import type { HalfMadeKey } from "../split-key/scheme.ts";
import type { ChannelClient, ChannelFailure } from "./channel-client.ts";
import type { DeviceKey, DeviceRecord, DeviceStorage, KeyName } from "./device-record.ts";
import { makeMask, maskShare, type NewMask, type Pin, randomBytes, sealWithStream } from "./pin-key.ts";

export interface KeyMakingStep {
  readonly step: "generating" | "joining" | "proving";
  readonly purpose: Purpose;
  readonly suite: Suite;
}

export interface WantedKey {
  readonly purpose: Purpose;
  readonly suite: Suite;
  readonly pin: Pin;
  /** Of PBKDF2, where the PINs are no secret. */
  readonly iterations?: number | undefined;
  /** 32 random bytes of this run, in memory alone; see `provePossession` in protocol/device-messages.ts. */
  readonly grant: Uint8Array;
  /** What becomes of the record when the key is there, before it is proven. */
  readonly keep: (keys: readonly DeviceKey[], made: DeviceKey) => readonly DeviceKey[];
}

/** The key is in the record from before its proof on. */
export async function makeKey(
  client: ChannelClient,
  { purpose, suite, pin, iterations, grant, keep }: WantedKey,
  progress: (step: KeyMakingStep) => void,
): Promise<Result<DeviceKey, ChannelFailure>> {
  const initiated = await client.call("initiateKey", () => ({ purpose, suite }));
  if (!initiated.ok) return initiated;
  const name: KeyName = { purpose, suite, keyVersion: initiated.value.keyVersion };
  progress({ step: "generating", purpose, suite });
  // Beside everything up to the masking: stretching a PIN takes as long as a server takes to answer.
  const stretching = makeMask(name, pin, iterations);
  try {
    const half = await deviceHalves[suite].generate(randomBytes);
    progress({ step: "joining", purpose, suite });
    const joined = await join(client, name, half);
    if (!joined.ok) return joined;
    const finished = half.finish(joined.value.answer);
    // No honest server says that: the key is thrown away.
    if (finished === undefined) return failed({ code: "server_error" });
    const mask = await stretching;
    const key = maskShare(name, finished, mask);
    // Before the proof: its answer may be lost, and the server then holds a proven key that this device must be able to use.
    await keepKey(client.storage, key, keep);
    progress({ step: "proving", purpose, suite });
    const proven = await prove(client, key, mask, { ...joined.value.proof, grant });
    return proven.ok ? success(key) : proven;
  } finally {
    await stretching.then(
      ({ stream }) => stream.fill(0),
      () => undefined,
    );
  }
}

interface Joined {
  readonly proof: ProofRequest;
  readonly answer: Uint8Array;
}

/** The server has the secret part after this, and this device must not: of suite `rsa` it would be the whole exponent beside the stream. */
async function join(
  client: ChannelClient,
  name: KeyName,
  { device, secret }: HalfMadeKey,
): Promise<Result<Joined, ChannelFailure>> {
  const { purpose, suite, keyVersion } = name;
  const sealed = ({ handle, encryptionKey }: DeviceRecord, requestId: string, operation: string): Promise<string> =>
    sealSecondEnvelope(encryptionKey, { handle, requestId, operation, subject: subjectOf(name) }, { secret });
  try {
    switch (suite) {
      case "rsa": {
        const joined = await client.call("submitClient2ndPart", async (record, requestId) => {
          const envelope = await sealed(record, requestId, "submitClient2ndPart");
          return { purpose, keyVersion, device: toBase64Url(device), envelope };
        });
        return joined.ok ? success({ proof: joined.value.proof, answer: new Uint8Array() }) : joined;
      }
      case "ed25519": {
        const joined = await client.call("dkgRound", async (record, requestId) => {
          const envelope = await sealed(record, requestId, "dkgRound");
          return { purpose, keyVersion, envelope };
        });
        if (!joined.ok) return joined;
        const answer = fromBase64Url(joined.value.answer);
        return answer === undefined ? failed({ code: "server_error" }) : success({ proof: joined.value.proof, answer });
      }
    }
  } finally {
    secret.fill(0);
  }
}

async function prove(
  client: ChannelClient,
  key: DeviceKey,
  { stream }: NewMask,
  { nonce, offer, grant }: ProofRequest & Pick<WantedKey, "grant">,
): Promise<Result<unknown, ChannelFailure>> {
  const { purpose, suite, keyVersion } = key;
  const operation = "provePossession";
  return client.call(operation, async (record, requestId) => {
    const message = proofMessage({ operation, handle: record.handle, purpose, suite, keyVersion, nonce });
    const binding = { requestId, operation, subject: subjectOf(key), grant };
    return { purpose, keyVersion, envelope: await sealWithStream(record, key, stream, { operation, message, offer }, binding) };
  });
}

const subjectOf = ({ purpose, keyVersion }: KeyName): string => `${purpose}:${keyVersion}`;

async function keepKey(storage: DeviceStorage, key: DeviceKey, keep: WantedKey["keep"]): Promise<void> {
  await storage.exclusively(async () => {
    const record = await storage.read();
    if (record === undefined) throw new Error("a key without an account");
    await storage.write({ ...record, keys: keep(record.keys, key) });
  });
}
