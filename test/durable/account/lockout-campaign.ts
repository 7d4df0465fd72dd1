// The lockout of a real Account object, its storage and its evaluation, held against a reference of twenty lines over random
// sequences of right, wrong and replayed contributions, waiting, evicting and crashing.
import fc from "fast-check";
import { abortAllDurableObjects, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { type AccountContext, accountContext, accountSecrets, randomBytes } from "../../../durable/account/account-context.ts";
import { attempt, pinFailure } from "../../../durable/account/attempt.ts";
import type { Contribution } from "../../../durable/account/contribution.ts";
import { sharePlace } from "../../../durable/account/wrapped-places.ts";
import type { DeviceRecord } from "../../../src/authenticator/device-record.ts";
import { hash } from "../../../src/protocol/algorithms.ts";
import { utf8 } from "../../../src/protocol/encoding.ts";
import { serverHalves } from "../../../src/split-key/server-halves.ts";
import type { TranscriptInput } from "../../../src/split-key/scheme.ts";
import { unwrap } from "../../../src/vault/wrapping.ts";
import { accountStub } from "../../support/headless-device.ts";
import { contributionOver } from "../../support/handmade-messages.ts";

const HOUR = 3_600_000;

/** Computes everything anew from the times of the wrong PINs since the last right one. */
function reference(wrongAt: readonly number[], now: number): string {
  if (wrongAt.length >= 9) return "dead";
  const third = wrongAt.length === 3 ? (wrongAt[2] ?? 0) + 3 * HOUR : 0;
  const sixth = wrongAt.length === 6 ? (wrongAt[5] ?? 0) + 24 * HOUR : 0;
  return now < Math.max(third, sixth) ? "locked" : "usable";
}

const event = fc.oneof(
  { weight: 40, arbitrary: fc.constant({ kind: "wrong" as const, wait: 0 }) },
  { weight: 4, arbitrary: fc.constant({ kind: "replay" as const, wait: 0 }) },
  { weight: 2, arbitrary: fc.constant({ kind: "right" as const, wait: 0 }) },
  { weight: 1, arbitrary: fc.constantFrom({ kind: "evict" as const, wait: 0 }, { kind: "crash" as const, wait: 0 }) },
  {
    weight: 50,
    arbitrary: fc.record({
      kind: fc.constant("wait" as const),
      wait: fc.oneof(fc.integer({ min: 0, max: 2 * HOUR }), fc.constantFrom(1, 3 * HOUR - 1, 3 * HOUR, 24 * HOUR - 1, 24 * HOUR)),
    }),
  },
);

export interface Campaign {
  readonly record: DeviceRecord;
  /** The unmasked share of the authentication key. */
  readonly share: Uint8Array;
  readonly runs: number;
  readonly eventsInARun: number;
  readonly seed?: number;
}

/** How many events were compared with the reference. Throws, with the seed, at the first difference. */
export async function lockoutCampaign(campaign: Campaign): Promise<number> {
  let compared = 0;
  let messages = 0;
  const secrets = await accountSecrets(env);
  const events = fc.array(event, { minLength: campaign.eventsInARun, maxLength: campaign.eventsInARun });

  const inObject = <Value>(
    work: (context: AccountContext, storage: DurableObjectStorage) => Value | Promise<Value>,
  ): Promise<Value> =>
    runInDurableObject(accountStub(campaign.record), (_, { storage }) =>
      work(accountContext(storage, env, campaign.record.handle, secrets, ""), storage),
    );

  // The key as it was made: runs that end in destruction start the next one from here.
  const key = await inObject(({ keys }) => keys.current("auth", "rsa"));
  if (key === undefined) throw new Error("no key");
  const wrapped = key.serverShare.slice().buffer;
  const serverShare = await unwrap(secrets.kek, sharePlace(campaign.record.handle, key), key.serverShare);
  if (serverShare === undefined) throw new Error("the share does not unwrap");

  const restore = () =>
    inObject((_, storage) => {
      storage.sql.exec("DELETE FROM lockout");
      storage.sql.exec("DELETE FROM outbox");
      storage.sql.exec(
        "UPDATE key_pair SET state = 'certified', server_share = ? WHERE purpose = 'auth' AND suite = 'rsa'",
        wrapped,
      );
    });

  const newMessage = (): TranscriptInput => {
    const algorithms = { signatureAlgorithm: "rsassa-pss", hashAlgorithm: "SHA-256" } as const;
    const { publicKey } = key;
    const { offer } = serverHalves.rsa.offer({ publicKey, serverShare: undefined, algorithms, random: randomBytes });
    const message = { ...algorithms, digest: hash("SHA-256", utf8(`message ${++messages}`)) };
    return { operation: "performSignature", purpose: "auth", keyVersion: key.keyVersion, message, offer };
  };
  let input = newMessage();
  let right = contributionOver(campaign.record, campaign.share, input);
  let used = false;
  const contents = (contribution: Uint8Array): Contribution => ({ ...right, contribution, serverShare, nonce: undefined });
  // Refused before any exponentiation, like every contribution of a wrong form: a wrong one that costs nothing to make.
  const wrong = new Uint8Array(384);

  await fc.assert(
    fc.asyncProperty(events, async (sequence) => {
      await restore();
      let wrongAt: number[] = [];
      let now = 1_800_000_000_000;
      let rest = sequence;
      while (rest.length > 0) {
        const ended = rest.findIndex(({ kind }) => kind === "evict" || kind === "crash");
        const here = ended === -1 ? rest : rest.slice(0, ended);
        const end = rest[ended]?.kind;
        rest = ended === -1 ? [] : rest.slice(ended + 1);
        await inObject((context, storage) => {
          for (const { kind, wait } of here) {
            now += wait;
            compared += 1;
            const expected = reference(wrongAt, now);
            const failure = pinFailure(context, "auth", now);
            expect(failure === undefined ? "usable" : failure.code === "pin_dead" ? "dead" : "locked").toBe(expected);
            if (kind === "wait" || kind === "evict" || kind === "crash") continue;
            if (kind === "right" && used) {
              input = newMessage();
              right = contributionOver(campaign.record, campaign.share, input);
              used = false;
            }
            const sent = contents(kind === "wrong" ? wrong : right.contribution);
            const verdict = storage.transactionSync(() => attempt(context, key, input, { sent, completes: true, now }));
            expect(verdict.verdict === "right").toBe(expected === "usable" && kind !== "wrong");
            if (expected !== "usable") continue;
            if (kind === "wrong") wrongAt = [...wrongAt, now];
            else if (!used) [wrongAt, used] = [[], true];
          }
        });
        compared += 1;
        if (end === "crash") await abortAllDurableObjects();
        if (end === "evict") await evictDurableObject(accountStub(campaign.record)).catch(() => undefined);
      }
    }),
    { numRuns: campaign.runs, ...(campaign.seed !== undefined && { seed: campaign.seed }) },
  );
  await restore();
  return compared;
}
