import { createExecutionContext, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { AccountObject } from "../../durable/account/account-object.ts";
import { PersonObject } from "../../durable/person/person-object.ts";
import { SessionObject } from "../../durable/session/session-object.ts";
import type { Environment } from "../../src/environment.ts";
import worker from "../../src/index.ts";
import { inJurisdiction } from "../../durable/jurisdiction.ts";

/** workerd has no jurisdictions, and says so where one is asked for. */
const NOT_HERE = "Jurisdiction restrictions are not implemented in workerd.";

type Namespaces = Pick<Environment, "ACCOUNTS" | "SESSIONS" | "PERSONS">;
const namespace = (name: string) => ({ name: "anywhere", jurisdiction: (where: string) => ({ name: `${name} in ${where}` }) });
const namespaces = { ACCOUNTS: namespace("accounts"), SESSIONS: namespace("sessions"), PERSONS: namespace("persons") };
const named = (JURISDICTION: string): Environment => ({ ...env, ...(namespaces as unknown as Namespaces), JURISDICTION });

describe("the objects of a deployment", () => {
  it("are all in the jurisdiction that the operator named", () => {
    const { ACCOUNTS, SESSIONS, PERSONS } = inJurisdiction(named("eu"));
    const there = ["accounts in eu", "sessions in eu", "persons in eu"].map((name) => ({ name }));
    expect([ACCOUNTS, SESSIONS, PERSONS]).toEqual(there);
  });

  it("are anywhere where none was named, in the very same environment", () => {
    const anywhere = named("");
    expect(inJurisdiction(anywhere)).toBe(anywhere);
  });

  it("have one environment per isolate, so that what is remembered with it is found", () => {
    const somewhere = named("us");
    expect(inJurisdiction(somewhere)).toBe(inJurisdiction(somewhere));
  });

  it("are nowhere at all where the name is none", () => {
    expect(() => inJurisdiction(named("europe"))).toThrow("JURISDICTION must be empty or one of eu");
  });

  it("are called there by requests", async () => {
    const elsewhere = { ...env, JURISDICTION: "eu" };
    vi.spyOn(console, "error").mockReturnValue();
    await expect(async () =>
      worker.fetch(new Request("http://localhost/health"), elsewhere, createExecutionContext()),
    ).rejects.toThrow(NOT_HERE);
  });

  it.each([
    ["accounts", () => env.ACCOUNTS.get(env.ACCOUNTS.newUniqueId()), AccountObject],
    ["sessions", () => env.SESSIONS.get(env.SESSIONS.newUniqueId()), SessionObject],
    ["persons", () => env.PERSONS.get(env.PERSONS.newUniqueId()), PersonObject],
  ])(
    "are called there by %s, which come to be in any case, so that their alarms can fail and go off again",
    async (_, stub, Class) => {
      await runInDurableObject(stub() as DurableObjectStub, (_instance, state) => {
        const environment = Reflect.get(new Class(state, { ...env, JURISDICTION: "eu" }), "env") as Environment;
        for (const name of ["ACCOUNTS", "SESSIONS", "PERSONS"] as const) expect(() => environment[name]).toThrow(NOT_HERE);
      });
    },
  );
});
