// Who runs this deployment, as its configuration says: told to everybody who asks.
import type { Environment } from "../environment.ts";
import { type Operator, operatorSchema } from "../protocol/registration-about.ts";

type Settings = Pick<Environment, "OPERATOR_NAME" | "OPERATOR_CONTACT" | "OPERATOR_TERMS" | "OPERATOR_PRIVACY">;

const FIELDS = {
  OPERATOR_NAME: ["name", "one line of at most 100 characters, without characters that are not seen"],
  OPERATOR_CONTACT: ["contact", "an https:, mailto: or tel: address in ASCII"],
  OPERATOR_TERMS: ["terms", "an https: address in ASCII"],
  OPERATOR_PRIVACY: ["privacy", "an https: address in ASCII"],
} as const satisfies Readonly<Record<keyof Settings, readonly [keyof Operator, string]>>;

/** Absent or empty: not said. Throws for what is malformed: a link to terms that is lost in silence would bind nobody. */
export function readOperator(settings: Settings): Operator {
  const operator: { -readonly [Field in keyof Operator]: string } = {};
  for (const [setting, [field, form]] of entriesOf(FIELDS)) {
    const value = settings[setting] ?? "";
    if (value === "") continue;
    if (!operatorSchema.shape[field].safeParse(value).success) {
      throw new Error(`${setting} must be ${form}, not ${JSON.stringify(value)}`);
    }
    operator[field] = value;
  }
  return operator;
}

/** What is wrong with them, in a sentence for the operator; undefined where nothing is. */
export function operatorProblem(settings: Settings): string | undefined {
  try {
    readOperator(settings);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

const entriesOf = <Key extends string, Value>(record: Readonly<Record<Key, Value>>) => Object.entries(record) as [Key, Value][];
