// What every POST of a relying party passes before anything is looked up: size, shape, who it is, how often, what it may do; and then which
// of the person's accounts the request is for.
import type { z } from "zod";
import type { AccountSummary, FoundAccount, SessionStart } from "../account/objects.ts";
import type { CertificateLevel } from "../account/purpose.ts";
import { failed, type Result, success } from "../account/result.ts";
import type { Environment } from "../environment.ts";
import { readJson } from "../http/body.ts";
import { type Failure, malformed } from "../http/failures.ts";
import { validate } from "../http/validation.ts";
import { parseDocumentNumber } from "../protocol/document-number.ts";
import { parseSemanticsIdentifier } from "../protocol/semantics-identifier.ts";
import { callerOf } from "./caller.ts";
import { forbidden, identifyRelyingParty } from "./identify.ts";
import { isWithinRateLimit, RATE_LIMIT_PERIOD } from "./rate-limit.ts";
import type { Endpoint, Flow } from "./registration.ts";

interface NamedRequest {
  readonly relyingPartyUUID: string;
  readonly relyingPartyName: string;
  readonly certificateLevel: CertificateLevel;
  readonly capabilities?: readonly string[] | undefined;
  readonly requestProperties: { readonly shareClientAddress: boolean };
}

/** What a relying party must be allowed, besides the level that its request names. */
export interface Permission {
  readonly endpoint: Endpoint;
  /** Undefined where the person is not asked. */
  readonly flow?: Flow;
}

/** The validated body of a relying party that may ask for this. */
export async function admit<Schema extends z.ZodType<NamedRequest>>(
  environment: Environment,
  request: Request,
  schema: Schema,
  permission: Permission,
): Promise<Result<z.output<Schema>, Failure>> {
  const body = await readJson(request);
  if (!body.ok) return body;
  const valid = validate(schema, body.value);
  if (!valid.ok) return valid;
  const party = await identifyRelyingParty(environment, callerOf(request.headers), valid.value);
  if (!party.ok) return party;
  // Only now: a stranger must not use up what belongs to a party. What is refused below counts too, whoever is looked up in vain as well.
  if (!(await isWithinRateLimit(environment, party.value))) {
    return failed({ kind: "rate_limit_reached", retryAfterSeconds: RATE_LIMIT_PERIOD });
  }
  const { certificateLevel: level, capabilities = [], requestProperties } = valid.value;
  const { shareClientAddress } = requestProperties;
  const refusal = forbidden(party.value, { ...permission, level, capabilities, shareClientAddress });
  return refusal === undefined ? valid : failed(refusal);
}

/** Whom a path names: a person, or one account of a person. */
export interface Addressee {
  readonly semanticsIdentifier: string;
  readonly documentNumber?: string;
}

export function personAddressee(semanticsIdentifier: string): Result<Addressee, Failure> {
  if (parseSemanticsIdentifier(semanticsIdentifier) !== undefined) return success({ semanticsIdentifier });
  const detail = "must be PNO, PAS or IDC, the country in two upper-case letters, '-' and the identifier";
  return failed(malformed("This is not a semantics identifier.", { code: "invalid", detail, paramName: "semanticsId" }));
}

export function documentAddressee(documentNumber: string): Result<Addressee, Failure> {
  const parsed = parseDocumentNumber(documentNumber);
  if (parsed !== undefined) return success({ semanticsIdentifier: parsed.semanticsIdentifier, documentNumber });
  const detail = "must be a semantics identifier, '-', four of 0-9A-Z, and '-Q' or '-NQ'";
  return failed(malformed("This is not a document number.", { code: "invalid", detail, paramName: "documentNumber" }));
}

/** The level that an account must have: a capability that names one asks for no less. */
export function levelAsked({
  certificateLevel,
  capabilities = [],
}: Pick<NamedRequest, "certificateLevel" | "capabilities">): CertificateLevel {
  return capabilities.includes("QUALIFIED") ? "QUALIFIED" : certificateLevel;
}

type AskedOfPerson = Pick<NamedRequest, "relyingPartyUUID" | "certificateLevel" | "capabilities">;

/** The active accounts that a request is for, oldest first, never none. */
export async function suitableAccounts(
  environment: Environment,
  addressee: Addressee,
  asked: AskedOfPerson,
): Promise<Result<readonly AccountSummary[], Failure>> {
  const found = await foundAccounts(environment, addressee, asked);
  return found.ok ? success(found.value.map(summaryOf)) : found;
}

/** Of these the ones that the party's notifications go to. Where the person refuses them on all, the session ends as refused on the first. */
export async function notifiedAccounts(
  environment: Environment,
  addressee: Addressee,
  asked: AskedOfPerson,
): Promise<Result<Pick<SessionStart, "accounts" | "isRefused">, Failure>> {
  const found = await foundAccounts(environment, addressee, asked);
  if (!found.ok) return found;
  const willing = found.value.filter(({ refusesParty }) => !refusesParty);
  return willing.length > 0
    ? success({ accounts: willing.map(summaryOf) })
    : success({ accounts: found.value.map(summaryOf), isRefused: true });
}

const summaryOf = ({ handle, documentNumber, level }: FoundAccount): AccountSummary => ({ handle, documentNumber, level });

async function foundAccounts(
  environment: Environment,
  addressee: Addressee,
  asked: AskedOfPerson,
): Promise<Result<readonly FoundAccount[], Failure>> {
  const { semanticsIdentifier, documentNumber } = addressee;
  const person = personObject(environment, semanticsIdentifier);
  const active: readonly FoundAccount[] = await person.accountsFor(asked.relyingPartyUUID);
  const named = active.filter((account) => documentNumber === undefined || account.documentNumber === documentNumber);
  if (named.length === 0) return failed({ kind: "no_such_account" });
  const level = levelAsked(asked);
  const suitable = named.filter((account) => level === "ADVANCED" || account.level === "QUALIFIED");
  return suitable.length > 0 ? success(suitable) : failed({ kind: "no_suitable_account" });
}

export const personObject = (environment: Environment, semanticsIdentifier: string): ReturnType<Environment["PERSONS"]["get"]> =>
  environment.PERSONS.get(environment.PERSONS.idFromName(semanticsIdentifier));
