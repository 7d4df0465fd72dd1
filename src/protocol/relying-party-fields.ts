// The fields that bodies of the relying-party API are made of: what is taken, and, as metadata, what the published document says of it.
// A pattern in the metadata describes what the check beside it insists on; it refuses nothing by itself.
import { z } from "zod";
import { BASE64_PATTERN } from "./base64-pattern.ts";
import { CALLBACK_LIMIT, isCallbackUrl } from "./device-link.ts";
import { utf8 } from "./encoding.ts";
import { DISPLAY_TEXTS, INTERACTIONS_LIMIT, interactionsDetail, parseInteractions } from "./interactions.ts";

/** Bytes of UTF-8. */
export const NAME_LIMIT = 32;
const PROPERTIES_LIMIT = 32;
const PROPERTY_NAME_LIMIT = 64;

/** Some clients write a field that they do not use as null. */
export const optional = <Schema extends z.ZodType>(schema: Schema) => schema.nullish().transform((value) => value ?? undefined);

export const relyingPartyUUID = z
  .guid("must be a UUID")
  .meta({ description: "The UUID that the operator gave you. Upper and lower case are the same." })
  .transform((uuid) => uuid.toLowerCase());

export const relyingPartyName = z
  .string()
  .min(1)
  .refine((name) => name.isWellFormed() && utf8(name).length <= NAME_LIMIT, `must be at most ${NAME_LIMIT} bytes of UTF-8`)
  .meta({
    maxLength: NAME_LIMIT,
    description:
      "One of the names registered for you, at most 32 bytes of UTF-8. Case does not matter for finding it, but the person sees " +
      "it as you wrote it here, and exactly these bytes are signed in ACSP_V2 and covered by the authCode of device links.",
  });

export const authenticationLevel = z
  .enum(["ADVANCED", "QUALIFIED"])
  .nullish()
  .meta({
    default: "QUALIFIED",
    description: "The least level of the account that may answer. `ADVANCED` also takes a qualified account.",
  })
  .transform((level) => level ?? "QUALIFIED");

/** `QSCD` asks for a signature of the highest kind, which a qualified account gives. */
export const signatureLevel = z
  .enum(["ADVANCED", "QUALIFIED", "QSCD"])
  .nullish()
  .meta({
    default: "QUALIFIED",
    description:
      "The least level of the account that may answer. `QSCD` is served by a qualified account; answers say `QUALIFIED`, never `QSCD`.",
  })
  .transform((level) => (level === "ADVANCED" ? level : "QUALIFIED"));

const interactionsText = {
  maxLength: INTERACTIONS_LIMIT,
  pattern: BASE64_PATTERN,
  contentEncoding: "base64",
  contentMediaType: "application/json",
};
const interactionsMeaning =
  "What the person is shown: base64 of a JSON array in UTF-8, each type at most once, in the order of your preference. " +
  "`displayTextAndPIN` goes with `displayText60`, `confirmationMessage` with `displayText200`: at most that many characters, not blank, in at " +
  `most ${DISPLAY_TEXTS.displayText60.lines} and ${DISPLAY_TEXTS.displayText200.lines} lines (LF or CR LF), no two blank ones in a row. No control, direction, invisible or private characters, ` +
  "no more than five combining marks on a character, and no more than two wide or no-break spaces in a row. ";

/** The text as sent is what gets signed and shown; the first type that the app supports is used, and it supports all. */
const parsedInteractions = z.string().transform((encoded, context) => {
  const parsed = parseInteractions(encoded);
  if (typeof parsed === "string") {
    context.addIssue({ code: "custom", message: interactionsDetail(parsed), params: { code: parsed } });
    return z.NEVER;
  }
  const [first] = parsed;
  if (first === undefined) throw new Error("a parsed list of interactions is never empty");
  return { encoded, typeUsed: first.type };
});

export const interactions = parsedInteractions.meta({
  ...interactionsText,
  description: `${interactionsMeaning}\`confirmationMessageAndVerificationCodeChoice\`, also with \`displayText200\`, lets the person pick the verification code among three.`,
});

/** A choice of codes compares two screens; who comes by a device link has its page in front of them already. */
export const interactionsWithoutChoice = parsedInteractions
  .refine(({ encoded }) => {
    const parsed = parseInteractions(encoded);
    return typeof parsed === "string" || parsed.every(({ type }) => type !== "confirmationMessageAndVerificationCodeChoice");
  }, "confirmationMessageAndVerificationCodeChoice is for notification flows alone")
  .meta({
    ...interactionsText,
    description: `${interactionsMeaning}No other type: the choice of a verification code is for notification flows.`,
  });

export const requestProperties = z
  .looseObject({
    shareMdClientIpAddress: optional(z.boolean()).meta({
      description: "`true` asks for the network address of the person's device, which needs a permission of yours.",
    }),
  })
  .nullish()
  .meta({
    maxProperties: PROPERTIES_LIMIT + 1,
    propertyNames: { maxLength: PROPERTY_NAME_LIMIT },
    description: `Wishes about the request. At most ${PROPERTIES_LIMIT} that are not known here; their names, of at most ${PROPERTY_NAME_LIMIT} characters, come back in \`ignoredProperties\`.`,
  })
  .transform((properties, context) => {
    const { shareMdClientIpAddress, ...unknown } = properties ?? {};
    const ignoredProperties = Object.keys(unknown);
    const tooMany = ignoredProperties.length > PROPERTIES_LIMIT;
    if (tooMany || ignoredProperties.some((name) => name.length > PROPERTY_NAME_LIMIT)) {
      const message = `at most ${PROPERTIES_LIMIT} properties with names of at most ${PROPERTY_NAME_LIMIT} characters`;
      context.addIssue({ code: "custom", message, params: { code: "too_long" } });
      return z.NEVER;
    }
    return { shareClientAddress: shareMdClientIpAddress === true, ignoredProperties };
  });

/** https, or http to the person's own machine. */
export const initialCallbackUrl = optional(
  // Some clients write an empty one for none.
  z
    .string()
    .refine(
      (text) => text === "" || isCallbackUrl(text),
      `must be an https address of at most ${CALLBACK_LIMIT} characters, without | and #`,
    ),
)
  .meta({
    maxLength: CALLBACK_LIMIT,
    pattern: String.raw`^(?:https?://[!"$-\[\]-{}~]+)?$`,
    description:
      "Where the person's browser returns to after Web2App and App2App: an https address, or http of the person's own machine, in " +
      "ASCII, without user, `#`, `|` and `\\`. Its query gets `sessionSecretDigest` and, after a login, `userChallengeVerifier`.",
  })
  .transform((text) => (text === "" ? undefined : text));

export const nonce = optional(z.string().min(1).max(30)).meta({
  description:
    "Sets apart a request that repeats another one on purpose: without it the same request within 15 seconds is the same session.",
});

/** Of a request about whoever comes. */
export const nonceOfAnybody = nonce.meta({
  description: "Taken and without effect: whoever comes is another person, so each request is a session of its own.",
});

/** Of a request that follows another session. */
export const nonceOfLinked = nonce.meta({
  description:
    "Part of the request: the same one again is the same session for as long as the certificate choice can be followed, and another " +
    "one, with another `nonce` for example, is refused.",
});

export const capabilities = optional(z.array(z.string().min(1).max(64)).max(32)).meta({
  description: "`QUALIFIED` asks for an account of that level. Other names need a permission of yours and change nothing.",
});

export const linkedSessionID = z.guid("must be the sessionID of a certificate choice").meta({
  description:
    "The sessionID of your certificate choice by device link that ended `OK` on this document in the last five minutes.",
});
