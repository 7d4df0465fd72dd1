// The lockout of a real Account object, its storage and its evaluation, held against a reference of twenty lines over random
// sequences of right, wrong and replayed contributions, waiting, evicting and crashing.
import fc from "fast-check";
import { abortAllDurableObjects, evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { type AccountContext, accountContext, accountSecrets } from "../../../durable/account/account-context.ts";
import { attempt, type AttemptInput, pinFailure } from "../../../durable/account/attempt.ts";
import type { Contribution } from "../../../durable/account/contribution.ts";
import { sharePlace } from "../../../durable/account/wrapped-places.ts";
import type { DeviceRecord } from "../../../src/authenticator/device-record.ts";
import { MAIN_SUITE, type Suite } from "../../../src/account/purpose.ts";
import { randomBytes } from "../../../src/account/random.ts";
import { hash, type SignatureAlgorithm } from "../../../src/protocol/algorithms.ts";
import { utf8 } from "../../../src/protocol/encoding.ts";
import { serverHalves } from "../../../src/split-key/server-halves.ts";
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

const SIGNS_WITH = { rsa: "rsassa-pss", ed25519: "ed25519" } as const satisfies Record<Suite, SignatureAlgorithm>;

/** A message under its offer, and what an honest device contributes to it. */
interface Attempt {
  readonly input: AttemptInput;
  readonly right: Contribution;
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
  /** Of the authentication key that is contributed to. */
  readonly suite: Suite;
  /** Its unmasked share. */
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
  const { suite } = campaign;
  const events = fc.array(event, { minLength: campaign.eventsInARun, maxLength: campaign.eventsInARun });

  const inObject = <Value>(
    work: (context: AccountContext, storage: DurableObjectStorage) => Value | Promise<Value>,
  ): Promise<Value> =>
    runInDurableObject(accountStub(campaign.record), (_, { storage }) =>
      work(accountContext(storage, env, campaign.record.handle, secrets, { clientAddress: "", origin: "" }), storage),
    );

  // The keys as they were made: runs that end in destruction start the next one from here.
  const living = await inObject(({ keys }) => keys.living("auth"));
  const key = living.find((each) => each.suite === suite);
  if (key === undefined) throw new Error("no key");
  const serverShare = await secrets.vault.unwrap(sharePlace(campaign.record.handle, key), key.serverShare);
  if (serverShare === undefined) throw new Error("the share does not unwrap");

  const restore = () =>
    inObject((_, storage) => {
      storage.sql.exec("DELETE FROM lockout");
      storage.sql.exec("DELETE FROM outbox");
      for (const { serverShare: wrapped, keyVersion } of living) {
        storage.sql.exec(
          "UPDATE key_pair SET state = 'certified', server_share = ? WHERE purpose = 'auth' AND key_version = ?",
          wrapped.slice().buffer,
          keyVersion,
        );
      }
    });

  const newAttempt = (): Attempt => {
    const algorithms = { signatureAlgorithm: SIGNS_WITH[suite], hashAlgorithm: "SHA-256" } as const;
    const { publicKey, keyVersion } = key;
    // As a claim draws it. The object's own copy is wrapped beside the transaction.
    const { offer, nonce } = serverHalves[suite].offer({ publicKey, serverShare, algorithms, random: randomBytes });
    const message = { ...algorithms, digest: hash("SHA-256", utf8(`message ${++messages}`)) };
    const input: AttemptInput = { operation: "performSignature", purpose: "auth", keyVersion, message, offer };
    return { input, right: { ...contributionOver(campaign.record, campaign.share, input, suite), serverShare, nonce } };
  };
  let fresh = newAttempt();
  let signed: Attempt | undefined;
  // Refused before any arithmetic with the share, like every contribution of a wrong form: a wrong one that costs nothing to make.
  const wrong = new Uint8Array(fresh.right.contribution.length).fill(0xff);

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
            const { input, right } = kind === "replay" ? (signed ?? fresh) : fresh;
            const sent = kind === "wrong" ? { ...right, contribution: wrong } : right;
            const verdict = storage.transactionSync(() => attempt(context, key, input, { sent, completes: true, now }));
            // Of the main suite a replay is the same signature once more; of the others its nonce is gone.
            const isRefused = kind === "wrong" || (input === signed?.input && suite !== MAIN_SUITE);
            expect(verdict.verdict === "right").toBe(expected === "usable" && !isRefused);
            if (expected !== "usable") continue;
            if (kind === "wrong") wrongAt = [...wrongAt, now];
            else if (input === fresh.input) {
              wrongAt = [];
              // The nonce is burnt in the commit of the signature.
              signed = { input, right: { ...right, nonce: undefined } };
              fresh = newAttempt();
            }
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
