// Problem documents (RFC 9457): the one form in which every route says no. Which failure gets which is decided in src/http/failures.ts.
import { z } from "zod";

/** One thing that is wrong with a request. */
const problemError = z.strictObject({
  code: z.string().meta({
    description:
      "Stable, for programs: `required`, `invalid`, `invalid_type`, `too_long`, `too_short`, `contradiction` and others.",
  }),
  detail: z.string().meta({ description: "For people: what the value must be. Never repeats what was sent." }),
  paramName: z.string().optional().meta({ description: "Name of the path or query parameter that is wrong." }),
  pointer: z.string().optional().meta({
    pattern: "^#(?:/[^/]*)*$",
    description: "Where in the body: a JSON Pointer (RFC 6901) as a URI fragment, `#/signatureProtocolParameters/digest`.",
  }),
});
export type ProblemError = Readonly<z.output<typeof problemError>>;

export const problemDocument = z.strictObject({
  type: z.literal("about:blank"),
  status: z.int().min(400).max(599).meta({ description: "The HTTP status once more." }),
  title: z.string().meta({ description: "The name of the HTTP status." }),
  detail: z.string().optional().meta({ description: "One sentence about the cause, where it may be told." }),
  errors: z
    .array(problemError)
    .min(1)
    .optional()
    .meta({ description: "With 400: what is wrong with the request, at most 20 entries." }),
});
type ProblemDocument = z.output<typeof problemDocument>;

export type Problem = Readonly<Omit<ProblemDocument, "type" | "errors">> & { readonly errors?: readonly ProblemError[] };
