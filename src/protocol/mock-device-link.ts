// What `POST /mock/device-link` takes: the field names of the public demo environment's service of that name, so that test suites reach
// the local one by its address alone.
import { z } from "zod";
import { CALLBACK_LIMIT, DEVICE_LINK_LIMIT, DEVICE_LINK_TYPES, isCallbackUrl } from "./device-link.ts";

const COOKIE_LIMIT = 4096;

/** Clients write fields that they do not use as null. */
const optional = <Schema extends z.ZodType>(schema: Schema) => schema.nullish().transform((value) => value ?? undefined);

export const mockDeviceLinkSchema = z.object({
  documentNumber: z.string().min(1).max(80).meta({ description: "Of the test person who is to answer." }),
  deviceLink: z.string().min(1).max(DEVICE_LINK_LIMIT).meta({
    description: "The whole link, as you would show it in a QR code or open it. Whether it is good is found out by opening it.",
  }),
  flowType: z.enum(DEVICE_LINK_TYPES),
  browserCookie: optional(
    z
      .string()
      .max(COOKIE_LIMIT)
      .regex(/^[\u0020-\u007e]*$/, "is not the value of a header"),
  ).meta({ description: "A `Cookie` header of the browser that began: the test person comes back to your callback with it." }),
  initialCallbackUrl: optional(
    z.string().max(CALLBACK_LIMIT).refine(isCallbackUrl, "is not an https address, or an http one of this machine"),
  ).meta({ description: "Where the test person returns to after Web2App and App2App, as in your request." }),
});

/** The answer. */
export const mockDeviceLinkAnswer = z.strictObject({
  opened: z.boolean(),
  reason: z.string().optional().meta({ description: "Why the link was not opened." }),
});
export type MockDeviceLink = z.output<typeof mockDeviceLinkSchema>;
