// The part of JSON Schema (2020-12) that the document has, and how zod's is made shorter: what may be null says so by its type.

type Scalar = string | number | boolean | null;

export interface JsonSchema {
  readonly $ref?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly const?: Scalar;
  readonly enum?: readonly Scalar[];
  readonly default?: Scalar;
  readonly format?: string;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxProperties?: number;
  readonly propertyNames?: JsonSchema;
  readonly contentEncoding?: string;
  readonly contentMediaType?: string;
  readonly items?: JsonSchema;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

/** `anyOf` of one type and null becomes both types. Deep; a value that is not a schema comes back as it is. */
export function withNullableTypes<Value>(value: Value): Value {
  if (Array.isArray(value)) return value.map(withNullableTypes) as Value;
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.fromEntries(Object.entries(value).map(([name, field]) => [name, withNullableTypes(field)]));
  return nullable(fields) as Value;
}

function nullable(schema: JsonSchema): JsonSchema {
  const { anyOf, ...rest } = schema;
  const [other, none, ...more] = anyOf ?? [];
  if (other === undefined || none?.type !== "null" || more.length > 0 || typeof other.type !== "string") return schema;
  return { ...other, ...rest, type: [other.type, "null"], ...(other.enum !== undefined && { enum: [...other.enum, null] }) };
}
