// The schemas of the document: made of those that validate requests, and of those that describe answers.
import { z } from "zod";
import { mockDeviceLinkAnswer, mockDeviceLinkSchema } from "../protocol/mock-device-link.ts";
import { problemDocument } from "../protocol/problem-document.ts";
import * as answers from "../protocol/relying-party-answers.ts";
import * as requests from "../protocol/relying-party-requests.ts";
import { type JsonSchema, withNullableTypes } from "./json-schema.ts";

const NAMED = {
  AuthenticationRequest: requests.authenticationRequest,
  AuthenticationLinkRequest: requests.authenticationLinkRequest,
  SignatureRequest: requests.signatureRequest,
  SignatureLinkRequest: requests.signatureLinkRequest,
  LinkedSignatureRequest: requests.linkedSignatureRequest,
  CertificateChoiceRequest: requests.certificateChoiceRequest,
  CertificateChoiceLinkRequest: requests.certificateChoiceLinkRequest,
  CertificateRequest: requests.certificateRequest,
  SessionStarted: answers.sessionStarted,
  SignatureStarted: answers.signatureStarted,
  LinkStarted: answers.linkStarted,
  Certificate: answers.certificate,
  CertificateFound: answers.certificateFound,
  CertificateUnusable: answers.certificateUnusable,
  CertificateAnswer: answers.certificateAnswer,
  SessionStatus: answers.sessionStatus,
  SessionRunning: answers.sessionRunning,
  AuthenticationComplete: answers.authenticationComplete,
  SignatureComplete: answers.signatureComplete,
  CertificateChosen: answers.certificateChosen,
  InteractionRefused: answers.interactionRefused,
  SessionFailed: answers.sessionFailed,
  MockDeviceLinkRequest: mockDeviceLinkSchema,
  MockDeviceLinkAnswer: mockDeviceLinkAnswer,
  Problem: problemDocument,
} satisfies Record<string, z.ZodType>;

export type SchemaName = keyof typeof NAMED;
export type Schemas = Readonly<Record<SchemaName, JsonSchema>>;

const SCHEMAS = "#/components/schemas/";

export const schemaReference = (name: SchemaName): JsonSchema => ({ $ref: `${SCHEMAS}${name}` });

/** The name behind a reference; undefined for whatever is none. */
export const referredSchema = ({ $ref }: JsonSchema): SchemaName | undefined =>
  $ref?.startsWith(SCHEMAS) === true ? ($ref.slice(SCHEMAS.length) as SchemaName) : undefined;

/** `input`: what is sent, before defaults and conversions. */
export function makeSchemas(): Schemas {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(NAMED)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, { io: "input", uri: (id) => `${SCHEMAS}${id}` });
  const entries = Object.entries(schemas).map(([name, { $schema: _dialect, $id: _id, ...schema }]) => [
    name,
    withNullableTypes(schema),
  ]);
  return Object.fromEntries(entries) as Schemas;
}
