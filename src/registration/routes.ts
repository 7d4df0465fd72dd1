// Routes of registration, mounted at /registration: which identity methods there are and who runs the service, and the proof that makes
// a new device channel the channel of a certain person. What counts as a proof is for the methods to say; what follows from it is for the
// account object, which is reached through `env` alone.
import { Hono } from "hono";
import { z } from "zod";
import type { Environment } from "../environment.ts";
import { readJson } from "../http/body.ts";
import { type Failure, failureResponse } from "../http/failures.ts";
import { validate } from "../http/validation.ts";
import { enabledMethods, findMethod } from "./methods.ts";
import { readOperator } from "./operator.ts";

/** Part of every proof, whatever the method: the account and the channel that it is for. */
const channelSchema = z.object({
  /** Hexadecimal form of the account object's id. */
  handle: z.string().regex(/^[0-9a-f]{64}$/, "is not a handle"),
  /** SHA-256 in base64url. */
  transcriptHash: z.string().regex(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/, "is not 32 bytes in base64url"),
});

export const registrationRoutes = new Hono<{ Bindings: Environment }>();

/** Public, and the same for everybody. An operator's address that was changed is seen within minutes. */
registrationRoutes.get("/about", (context) => {
  const methods = enabledMethods(context.env).map(({ name, levels }) => ({ name, levels }));
  return context.json({ methods, operator: readOperator(context.env) }, 200, { "cache-control": "public, max-age=300" });
});

/** The body holds `handle`, `transcriptHash` and the evidence of the method. 200 `{level}`: the level that was proven. */
registrationRoutes.post("/:method", async (context) => {
  const method = findMethod(context.req.param("method"));
  if (method === undefined) return failureResponse({ kind: "not_found" });
  const body = await readJson(context.req.raw);
  if (!body.ok) return failureResponse(body.failure);
  // The method first: one that is not enabled is refused before anything is said about the rest.
  const identity = await method.prove(body.value, { environment: context.env, now: Date.now() });
  if (!identity.ok) return failureResponse(identity.failure);
  const channel = validate(channelSchema, body.value);
  if (!channel.ok) return failureResponse(channel.failure);
  const account = accountId(context.env, channel.value.handle);
  if (account === undefined) return failureResponse({ kind: "no_such_account" });
  const accepted = await context.env.ACCOUNTS.get(account).acceptIdentity(channel.value.transcriptHash, identity.value);
  if (!accepted.ok) return failureResponse(accountFailure(accepted.failure));
  return context.json({ level: identity.value.level });
});

/** Undefined for a handle that this deployment's namespace never gave out: `idFromString` throws for those. */
function accountId({ ACCOUNTS }: Environment, handle: string): DurableObjectId | undefined {
  try {
    return ACCOUNTS.idFromString(handle);
  } catch {
    return undefined;
  }
}

function accountFailure(failure: "no_such_account" | "wrong_state"): Failure {
  switch (failure) {
    case "no_such_account":
      return { kind: "no_such_account" };
    case "wrong_state":
      return { kind: "conflict", detail: "The account does not wait for an identity on this channel." };
  }
}
