// The registration routes against real account objects, asked with what their schemas do not allow: always a problem document of
// the 4xx kind, and nothing stored. The routes on their own are in routes.test.ts.
import { env, exports } from "cloudflare:workers";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { openAccount } from "../../src/authenticator/enrolment.ts";
import type { DeviceRecord } from "../../src/authenticator/device-record.ts";
import worker from "../../src/index.ts";
import { parseSemanticsIdentifier } from "../../src/protocol/semantics-identifier.ts";
import { accountStub, PERSON, server } from "../support/headless-device.ts";
import { asJson, changed, fieldsOf, HOSTILE, HOSTILE_BODY, HOSTILE_TEXT } from "../support/hostile-values.ts";
import { MemoryStorage } from "../support/memory-storage.ts";
import { expectProblem } from "../support/problem.ts";
import { dumpDeployment, dumpObject } from "../support/storage-dump.ts";

const RUNS = 200;

let account: DeviceRecord;
let other: DeviceRecord;

async function openedAccount(): Promise<DeviceRecord> {
  const storage = new MemoryStorage();
  expect((await openAccount(server, storage)).ok).toBe(true);
  if (storage.record === undefined) throw new Error("no account");
  return storage.record;
}

beforeAll(async () => {
  account = await openedAccount();
  other = await openedAccount();
});

const proof = ({ handle, transcriptHash }: DeviceRecord = account) => ({ handle, transcriptHash, ...PERSON });

const post = (body: unknown, type = "application/json"): Promise<Response> =>
  exports.default.fetch("http://localhost:8787/registration/self-asserted", {
    method: "POST",
    headers: { "content-type": type },
    body: typeof body === "string" || body instanceof Uint8Array ? (body as BodyInit) : JSON.stringify(body),
  });

async function changesNothing(work: () => Promise<void>): Promise<void> {
  const before = await dumpDeployment();
  await work();
  expect(await dumpDeployment()).toEqual(before);
}

describe("POST /registration/self-asserted: what is refused changes nothing", () => {
  it("for a handle or a transcript of any other form", async () => {
    const field = fc.tuple(fc.constantFrom("handle", "transcriptHash"), fc.oneof(HOSTILE, fc.constant(undefined)));
    await changesNothing(() =>
      fc.assert(
        fc.asyncProperty(field, async ([name, value]) => expectProblem(await post(changed(proof(), [name], value)))),
        { numRuns: RUNS },
      ),
    );
  });

  it("for handles of other objects, of accounts that were never made, and of none at all", async () => {
    const handles = [
      env.SESSIONS.newUniqueId().toString(),
      env.PERSONS.idFromName("PNOEE-50001029996").toString(),
      env.ACCOUNTS.newUniqueId().toString(),
      env.ACCOUNTS.idFromName("account").toString(),
      "0".repeat(64),
      "f".repeat(64),
    ];
    await changesNothing(async () => {
      for (const handle of handles) await expectProblem(await post({ ...proof(), handle }), 404);
    });
    const stranger = env.ACCOUNTS.newUniqueId();
    await expectProblem(await post({ ...proof(), handle: stranger.toString() }), 404);
    expect(await dumpObject(env.ACCOUNTS.get(stranger))).toEqual({});
  });

  it("for the transcript of another channel, as if there were no account", async () => {
    await changesNothing(async () => {
      const unknown = await post({ ...proof(), handle: env.ACCOUNTS.newUniqueId().toString() });
      const foreign = await post({ ...proof(), transcriptHash: other.transcriptHash });
      expect(await foreign.clone().text()).toBe(await unknown.clone().text());
      await expectProblem(foreign, 404);
    });
  });

  it("for every person that cannot be", async () => {
    const fields = ["givenName", "surname", "country", "personalCode", "level", "dateOfBirth"];
    const mutation = fc.tuple(fc.constantFrom(...fields), fc.oneof(HOSTILE, HOSTILE_TEXT, fc.constant(undefined)));
    // Names and codes that are possible are accepted, once: each run needs an account that still waits.
    const accepted: unknown[] = [];
    await fc.assert(
      fc.asyncProperty(mutation, async ([name, value]) => {
        const body = changed(proof(), [name], value);
        const before = await dumpObject(accountStub(account));
        const response = await post(body);
        if (response.status === 200) {
          const { account: rows } = (await dumpObject(accountStub(account))) as { account: { identity: string }[] };
          const identity = JSON.parse(rows[0]?.identity ?? "{}") as { semanticsIdentifier: string };
          expect(identity.semanticsIdentifier).toSatisfy((text: string) => parseSemanticsIdentifier(text) !== undefined);
          accepted.push(body);
          account = await openedAccount();
          return;
        }
        await expectProblem(response, 400);
        expect(await dumpObject(accountStub(account))).toEqual(before);
      }),
      { numRuns: 2 * RUNS },
    );
    expect(accepted.length).toBeLessThan(RUNS);
  });

  it("for a body of any other shape, size or type", async () => {
    await changesNothing(async () => {
      await fc.assert(
        fc.asyncProperty(HOSTILE_BODY, async (body) => expectProblem(await post(body))),
        { numRuns: RUNS },
      );
      for (const path of fieldsOf(proof())) await expectProblem(await post(asJson(changed(proof(), path, undefined))), 400);
      await expectProblem(await post({ ...proof(), filler: "x".repeat(65_536) }), 413);
      for (const type of [
        "",
        "text/plain",
        "multipart/form-data",
        "application/jose",
        "application/json5",
        "application/ json",
      ]) {
        await expectProblem(await post(proof(), type), 415);
      }
    });
  });

  it("for any method that nobody wrote", async () => {
    const method = fc.oneof(
      fc.string({ unit: "binary", minLength: 1, maxLength: 60 }).map((text) => encodeURIComponent(text.toWellFormed())),
      fc.constantFrom(
        "__proto__",
        "constructor",
        "toString",
        "SELF-ASSERTED",
        "self-asserted%00",
        "self-asserted%2f",
        "%",
        "%ff",
      ),
    );
    await changesNothing(() =>
      fc.assert(
        fc.asyncProperty(method, async (name) => {
          fc.pre(!/^(\.|%2e)*$/i.test(name));
          const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(proof()) };
          await expectProblem(await exports.default.fetch(`http://localhost:8787/registration/${name}`, init), 404);
        }),
        { numRuns: RUNS },
      ),
    );
  });
});

describe("outside of local mode", () => {
  const context = { waitUntil() {}, passThroughOnException() {}, props: {} } as unknown as ExecutionContext;
  const outside = (request: Request, LOCAL_MODE: string) => worker.fetch(request, { ...env, LOCAL_MODE }, context);

  it("the whole Worker takes no identity on trust, and offers no such method", async () => {
    await changesNothing(async () => {
      for (const mode of ["false", "", "TRUE", "1", "undefined"]) {
        for (const body of [proof(), {}, null, { ...proof(), LOCAL_MODE: "true" }]) {
          const request = new Request("https://localhost:8787/registration/self-asserted?LOCAL_MODE=true", {
            method: "POST",
            headers: { "content-type": "application/json", "cf-connecting-ip": "127.0.0.1" },
            body: JSON.stringify(body),
          });
          await expectProblem(await outside(request, mode), 403);
        }
        const about = await outside(new Request("https://localhost:8787/registration/about"), mode);
        expect(await about.json()).toEqual({ methods: [], operator: {} });
      }
    });
  });

  it("is what refuses it: the same proof is accepted in local mode, and then no other one", async () => {
    expect((await post(proof())).status).toBe(200);
    // An answer that was lost is asked for again.
    expect((await post(proof())).status).toBe(200);
    await changesNothing(async () => expectProblem(await post({ ...proof(), surname: "SEPP" }), 409));
  });
});
