// What a server says to whoever has no account yet: how people can prove who they are there, and who runs it. Both sides judge it by the
// same schema, since addresses in it become links beside what a person is asked to sign.
import { z } from "zod/mini";
import { isName } from "./shown-text.ts";

/** In UTF-16. */
const NAME_LIMIT = 100;

/** Printable ASCII alone: a host in another script is written as `xn--…`, and so cannot be mistaken for one that looks the same. */
const ASCII = /^[\x21-\x7e]{1,300}$/;
const MAIL = /^mailto:[\w.+-]+@[\w-]+(?:\.[\w-]+)+$/;
const TELEPHONE = /^tel:\+?\d(?:-?\d){2,24}$/;

const isWebAddress = (text: string): boolean => {
  if (!ASCII.test(text) || !text.startsWith("https://")) return false;
  try {
    const { username, password } = new URL(text);
    return username === "" && password === "";
  } catch {
    return false;
  }
};

const webAddress = z.string().check(z.refine(isWebAddress));

/** Whose service it is; whatever its operator has not said is missing. */
export const operatorSchema = z.object({
  name: z.optional(z.string().check(z.maxLength(NAME_LIMIT), z.refine(isName))),
  /** `https:`, `mailto:` or `tel:`. */
  contact: z.optional(
    z.string().check(z.refine((text) => (ASCII.test(text) && (MAIL.test(text) || TELEPHONE.test(text))) || isWebAddress(text))),
  ),
  /** What whoever makes an account agrees to. */
  terms: z.optional(webAddress),
  /** What becomes of a person's data. */
  privacy: z.optional(webAddress),
});
export type Operator = z.infer<typeof operatorSchema>;

export const registrationAboutSchema = z.object({
  /** Last parts of the addresses that take proofs. */
  methods: z
    .array(z.object({ name: z.string().check(z.maxLength(40)), levels: z.array(z.string()).check(z.maxLength(10)) }))
    .check(z.maxLength(20)),
  operator: operatorSchema,
});
export type RegistrationAbout = z.infer<typeof registrationAboutSchema>;
