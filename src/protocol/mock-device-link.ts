// What `POST /mock/device-link` takes: the field names of the public demo environment's service of that name, so that test suites reach
// the local one by its address alone.
import { z } from "zod";
import { CALLBACK_LIMIT, DEVICE_LINK_LIMIT, DEVICE_LINK_TYPES, isCallbackUrl } from "./device-link.ts";

const COOKIE_LIMIT = 4096;

/** Clients write fields that they do not use as null. */
const optional = <Schema extends z.ZodType>(schema: Schema) => schema.nullish().transform((value) => value ?? undefined);

export const mockDeviceLinkSchema = z.object({
  documentNumber: z.string().min(1).max(80),
  /** As it was shown or opened. Whether it is one is for the server to say. */
  deviceLink: z.string().min(1).max(DEVICE_LINK_LIMIT),
  flowType: z.enum(DEVICE_LINK_TYPES),
  /** A `Cookie` header: of the browser that began, for the callback. */
  browserCookie: optional(
    z
      .string()
      .max(COOKIE_LIMIT)
      .regex(/^[\u0020-\u007e]*$/, "is not the value of a header"),
  ),
  initialCallbackUrl: optional(
    z.string().max(CALLBACK_LIMIT).refine(isCallbackUrl, "is not an https address, or an http one of this machine"),
  ),
});
export type MockDeviceLink = z.output<typeof mockDeviceLinkSchema>;
