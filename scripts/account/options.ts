// The command line and the environment, checked: which order, for which server, with which key. No I/O.
import { join, resolve } from "node:path";
import { type AccountOrder, accountOrderSchema } from "../../src/protocol/operator-orders.ts";
import { REVOCATION_REASONS } from "../../src/protocol/revocation-reasons.ts";
import { usageFailure } from "../authenticator/command-failure.ts";
import { readCommandLine, type Values as ValuesOf } from "../command-line.ts";

const DEFAULT_STATE = join(import.meta.dirname, "../../.state");
const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])$/;

const OPTIONS = {
  reason: { type: "string" },
  serial: { type: "string" },
  yes: { type: "boolean" },
  state: { type: "string" },
  url: { type: "string" },
  key: { type: "string" },
  out: { type: "string" },
  json: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

type OptionName = keyof typeof OPTIONS;
type Values = ValuesOf<typeof OPTIONS>;

const OF_ORDERS: readonly OptionName[] = ["state", "url", "key", "json", "help"];

/** What each command takes. */
export const COMMANDS = {
  show: OF_ORDERS,
  revoke: [...OF_ORDERS, "reason", "serial", "yes"],
  close: [...OF_ORDERS, "yes"],
  "new-key": ["out", "json", "help"],
} as const satisfies Readonly<Record<string, readonly OptionName[]>>;
type Command = keyof typeof COMMANDS;

/** Which server. Paths are absolute. */
export type Place =
  | { readonly kind: "local"; readonly stateFolder: string }
  | { readonly kind: "deployment"; readonly url: string; readonly keyFile: string };

export type Call =
  | { readonly kind: "help" }
  | { readonly kind: "new-key"; readonly file: string }
  /** `sure`: nothing is asked any more. */
  | { readonly kind: "order"; readonly order: AccountOrder; readonly place: Place; readonly sure: boolean };

/** Throws a CommandFailure for a call that makes no sense. */
export function readCall(parameters: readonly string[], environment: NodeJS.ProcessEnv): Call {
  const { command, values, subjects } = readCommandLine(parameters, OPTIONS, COMMANDS);
  if (command === undefined) return { kind: "help" };
  // npm runs scripts in the project's folder and says here where it was called.
  const path = (given: string): string => resolve(environment["INIT_CWD"] ?? ".", given);
  if (command === "new-key") {
    if (subjects.length > 0 || values.out === undefined) throw usageFailure("new-key needs --out FILE, and nothing else");
    return { kind: "new-key", file: path(values.out) };
  }
  return { kind: "order", order: orderOf(command, values, subjects), place: placeOf(values, path), sure: values.yes === true };
}

function orderOf(command: Exclude<Command, "new-key">, { reason, serial }: Values, subjects: readonly string[]): AccountOrder {
  const [subject] = subjects;
  if (subjects.length > 1) throw usageFailure(`${command} takes one account at a time`);
  if ((subject === undefined) === (serial === undefined)) {
    throw usageFailure(command === "revoke" ? "revoke needs a document number or --serial" : `${command} needs an account`);
  }
  if (command === "revoke" && !REVOCATION_REASONS.some((known) => known === reason)) {
    throw usageFailure(`--reason is ${REVOCATION_REASONS.join(", ")}${reason === undefined ? "" : `, not ${reason}`}`);
  }
  const asked = {
    show: { kind: "show", account: subject },
    close: { kind: "close", documentNumber: subject },
    revoke:
      serial === undefined
        ? { kind: "revoke", documentNumber: subject, reason }
        : // As openssl prints it, too.
          { kind: "revokeCertificate", serialNumber: serial.replaceAll(":", "").toLowerCase(), reason },
  };
  const order = accountOrderSchema.safeParse(asked[command]);
  if (order.success) return order.data;
  throw usageFailure(serial === undefined ? notAnAccount(command, subject ?? "") : "--serial has 32 hexadecimal digits");
}

const notAnAccount = (command: string, subject: string): string =>
  command === "show"
    ? `${subject} is no document number (PNOEE-48503140291-K2GN-Q) and no person (PNOEE-48503140291)`
    : `${subject} is no document number such as PNOEE-48503140291-K2GN-Q`;

export function placeOf({ state, url, key }: Pick<Values, "state" | "url" | "key">, path: (given: string) => string): Place {
  if (url === undefined && key === undefined)
    return { kind: "local", stateFolder: state === undefined ? DEFAULT_STATE : path(state) };
  if (url === undefined || key === undefined) throw usageFailure("--url and --key go together");
  if (state !== undefined) throw usageFailure("--state is for a local server, --url for a deployment: not both");
  return { kind: "deployment", url: originOf(url), keyFile: path(key) };
}

/** Answers tell about people: they do not go over a network in the clear. */
function originOf(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) throw usageFailure(`${text} is no address: https://host`);
  if (url.protocol === "http:" && !LOOPBACK.test(url.hostname)) throw usageFailure(`${text} is not https`);
  return url.origin;
}
