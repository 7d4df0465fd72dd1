// What may stand in a row of the table `relying_parties`: one schema for the server, which reads it, and the operator's command, which
// writes it. No I/O.
import { z } from "zod";
import { CERTIFICATE_LEVELS } from "../account/purpose.ts";
import { utf8 } from "../protocol/encoding.ts";
import { PRACTICE_NAME, PRACTICE_UUID } from "../protocol/practice.ts";
import { NAME_LIMIT } from "../protocol/relying-party-fields.ts";
import { isName } from "../protocol/shown-text.ts";
import { isNetwork } from "./network.ts";

export const ENDPOINTS = ["authentication", "signature", "certificate"] as const;
export type Endpoint = (typeof ENDPOINTS)[number];

/** `notification`: a person is asked because somebody knows their number, which invites phishing. Device links need their page. */
export const FLOWS = ["device-link", "notification"] as const;
export type Flow = (typeof FLOWS)[number];

/** Classes; their figures are in wrangler.toml. */
export const RATE_LIMITS = ["small", "standard", "large", "unlimited"] as const;

/** What people practise with has it, and the app itself: a request by that name would look like no relying party's. */
const isReserved = (text: string): boolean =>
  text.normalize("NFKC").replaceAll(/\s/gu, "").toLowerCase() === PRACTICE_NAME.toLowerCase();

/** People read it; it is inside what they sign. */
const name = z
  .string()
  .min(1, "a name has at least one character")
  .refine((text) => text === text.trim(), "begins or ends with a space")
  .refine(isName, "has a character that cannot be shown, or be told apart from none")
  .refine((text) => !isReserved(text), `is the service's own: nobody is registered as ${PRACTICE_NAME}`)
  .refine((text) => utf8(text).length <= NAME_LIMIT, `is longer than ${NAME_LIMIT} bytes of UTF-8`);

const capability = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[!-~]+$/, "is of printable ASCII characters without spaces");

const jsonList = <Item extends z.ZodType>(item: Item, least = 0) => {
  const items = z.array(item).min(least, `needs at least ${least}`);
  return z.string().transform((text, context) => {
    const list = items.safeParse(parseJson(text));
    if (list.success) return list.data;
    for (const { message, path } of list.error.issues) context.addIssue({ code: "custom", message, path: [...path] });
    return z.NEVER;
  });
};

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/, "is no SHA-256")
  .nullable();

const isOneSpelling = (names: readonly string[]): boolean =>
  new Set(names.map((text) => text.toLowerCase())).size === names.length;

/** The columns, as D1 gives them; in: text and numbers, out: what they mean. */
export const relyingPartyRow = z.object({
  /** Not that of practice logins, which are counted, kept and told to nobody. */
  uuid: z.string().refine((text) => text !== PRACTICE_UUID, "is the nil UUID, which no relying party has"),
  names: jsonList(name, 1).refine(isOneSpelling, "has a name twice; upper and lower case make no difference"),
  networks: jsonList(z.string().refine(isNetwork, "is not a CIDR block")),
  credential_sha256: sha256,
  previous_credential_sha256: sha256,
  /** Milliseconds since the epoch. */
  previous_credential_until: z.int().nullable(),
  endpoints: jsonList(z.enum(ENDPOINTS)),
  flows: jsonList(z.enum(FLOWS)),
  levels: jsonList(z.enum(CERTIFICATE_LEVELS)),
  capabilities: jsonList(capability),
  may_learn_client_address: z.literal([0, 1]),
  rate_limit: z.enum(RATE_LIMITS),
  enabled: z.literal([0, 1]),
});
export type RelyingParty = z.output<typeof relyingPartyRow>;
