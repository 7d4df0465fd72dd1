// The published document: whether it is OpenAPI 3.1, speaks of the routes that there are, and means what it says.
import { describe, expect, it } from "vitest";
import { isCallbackUrl, parseDeviceLink } from "../../src/protocol/device-link.ts";
import { mockDeviceLinkSchema } from "../../src/protocol/mock-device-link.ts";
import * as requests from "../../src/protocol/relying-party-requests.ts";
import { mockRoutes } from "../../src/mock/routes.ts";
import { makeDocument, openApiDocument } from "../../src/openapi/document.ts";
import { ANSWERS, REQUESTS } from "../../src/openapi/examples.ts";
import type { Content, Operation, Response } from "../../src/openapi/openapi.ts";
import { documentationRoutes } from "../../src/openapi/routes.ts";
import { relyingPartyRoutes } from "../../src/relying-party/routes.ts";
import { schemaFaults } from "./contract.ts";

const document = openApiDocument();
const { components } = document;

interface Placed {
  readonly path: string;
  readonly method: "get" | "post";
  readonly operation: Operation;
  readonly isMock: boolean;
}

const operations: readonly Placed[] = Object.entries(document.paths).flatMap(([path, item]) =>
  (["get", "post"] as const).flatMap((method) => {
    const operation = item[method];
    return operation === undefined ? [] : [{ path, method, operation, isMock: item.servers !== undefined }];
  }),
);

/** Every value of that name in the document, however deep. */
function valuesOf(name: string, within: unknown = document): unknown[] {
  if (typeof within !== "object" || within === null) return [];
  return Object.entries(within).flatMap(([key, value]) => [...(key === name ? [value] : []), ...valuesOf(name, value)]);
}

const found = (pointer: string): unknown =>
  pointer
    .slice(2)
    .split("/")
    .reduce<unknown>((value, token) => (value as Record<string, unknown> | undefined)?.[token], document);

describe("the document", () => {
  it("is OpenAPI 3.1: what is required is there, and every reference leads somewhere", () => {
    expect(document.openapi).toMatch(/^3\.1\.\d+$/);
    expect(document.info).toMatchObject({ title: expect.any(String), version: expect.stringMatching(/^\d+\.\d+\.\d+$/) });
    const references = valuesOf("$ref") as string[];
    expect(references.length).toBeGreaterThan(50);
    for (const reference of references) expect(found(reference), reference).toBeTypeOf("object");
    for (const name of Object.values(components).flatMap((part) => Object.keys(part))) expect(name).toMatch(/^[\w.-]+$/);
    for (const name of document.security.flatMap(Object.keys)) expect(components.securitySchemes).toHaveProperty(name);
  });

  it("has for every operation an ID of its own, a known tag, what it is for, and one parameter for each place in its path", () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    const tags = document.tags.map(({ name }) => name);
    for (const { path, operation } of operations) {
      expect(path).toMatch(/^\//);
      expect(tags).toContain(operation.tags[0]);
      expect(operation.summary, path).toMatch(/^[A-Z].+[^.]$/);
      expect(operation.description.length, path).toBeGreaterThan(60);
      const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === "path");
      expect(inPath.map(({ name, required }) => [name, required])).toEqual(
        [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => [name, true]),
      );
      expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(["200", "400", "421", "500"]));
    }
  });

  it("speaks of every route that is mounted, and of no other", () => {
    const written = ({ path, method }: Placed) => `${method.toUpperCase()} ${path.replace(/\{\w+\}/g, "{}")}`;
    const mounted = (routes: typeof relyingPartyRoutes.routes) =>
      routes.filter(({ method }) => method !== "ALL").map(({ method, path }) => `${method} ${path.replace(/:\w+/g, "{}")}`);
    const sorted = (isMock: boolean) =>
      operations
        .filter((placed) => placed.isMock === isMock)
        .map(written)
        .toSorted();
    expect(sorted(false)).toEqual(mounted(relyingPartyRoutes.routes).toSorted());
    expect(sorted(true)).toEqual(mounted(mockRoutes.routes).toSorted());
    expect(sorted(false).length).toBe(14);
  });

  it("says of every field that may be sent what it means", () => {
    for (const [name, schema] of Object.entries(components.schemas)) {
      if (!name.endsWith("Request")) continue;
      for (const [field, { description, properties, enum: values }] of Object.entries(schema.properties ?? {})) {
        expect(description ?? properties ?? values, `${name}.${field}`).toBeDefined();
      }
    }
  });

  it("is the same bytes each time that it is made, and names no server", () => {
    expect(JSON.stringify(makeDocument())).toBe(JSON.stringify(makeDocument()));
    for (const url of valuesOf("url")) expect(url).toMatch(/^\/[a-z]/);
  });
});

describe("the examples", () => {
  const contents = (part: Response): readonly Content[] => Object.values(part.content);
  const all = [
    ...operations.flatMap(({ operation }) => Object.values(operation.requestBody?.content ?? {})),
    ...operations.flatMap(({ operation }) => contents(operation.responses["200"] as Response)),
    ...Object.values(components.responses).flatMap(contents),
  ];

  it("are what their schemas describe", () => {
    expect(all.length).toBeGreaterThan(35);
    for (const { schema, examples } of all) {
      const values = Object.values(examples);
      expect(values.length).toBeGreaterThan(0);
      for (const { summary, value } of values) expect(schemaFaults(summary, schema as object, value)).toEqual([]);
    }
    for (const { operation } of operations) {
      for (const { name, schema, example } of operation.parameters ?? []) {
        expect(schemaFaults(name, schema as object, example)).toEqual([]);
      }
    }
  });

  it("of signatures come with a certificate that is as long as its kind of key makes it", () => {
    // DER: a sequence, and two bytes of its length. The key for RSA has 768 bytes.
    const lengthOf = ({ value }: { value: string }) => Number(`0x${atob(value).slice(2, 4).split("").map(hex).join("")}`);
    const hex = (character: string) => character.charCodeAt(0).toString(16).padStart(2, "0");
    expect(lengthOf(ANSWERS.signed.cert)).toBeGreaterThan(1400);
    expect(lengthOf(ANSWERS.signedWithEd25519.cert)).toBeLessThan(1100);
  });

  it("of requests are accepted by the schemas that validate", () => {
    const schemas = { ...requests, mockDeviceLinkRequest: mockDeviceLinkSchema } as Record<string, unknown>;
    for (const { operation } of operations) {
      const [content] = Object.values(operation.requestBody?.content ?? {});
      if (content === undefined) continue;
      const name = content.schema.$ref?.split("/").at(-1) ?? "";
      const schema = schemas[name.charAt(0).toLowerCase() + name.slice(1)] as typeof requests.signatureRequest;
      for (const { value } of Object.values(content.examples)) {
        expect(schema.safeParse(value).error, name).toBeUndefined();
        const { deviceLink, initialCallbackUrl } = value as { deviceLink?: string; initialCallbackUrl?: string };
        if (deviceLink !== undefined) expect(parseDeviceLink(deviceLink)).toBeDefined();
        if (initialCallbackUrl !== undefined) expect(isCallbackUrl(initialCallbackUrl)).toBe(true);
      }
    }
  });

  it("of problems have the status that they stand under", () => {
    for (const { operation } of operations) {
      for (const [status, response] of Object.entries(operation.responses)) {
        if (!("$ref" in response)) continue;
        const problem = found(response.$ref) as Response;
        expect(valuesOf("value", problem)).toEqual([expect.objectContaining({ status: Number(status) })]);
      }
    }
  });
});

describe("what the document promises of requests is what is checked", () => {
  const { schema, examples } =
    document.paths["/authentication/device-link/etsi/{semanticsId}"]!.post!.requestBody!.content["application/json"];
  const example = examples["request"]?.value as Record<string, unknown>;
  const parameters = example["signatureProtocolParameters"] as object;
  const isDocumented = (value: unknown) => schemaFaults("body", schema as object, value).length === 0;
  const isTaken = (value: unknown) => requests.authenticationLinkRequest.safeParse(value).success;

  it.each([
    { relyingPartyUUID: "x" },
    { relyingPartyName: "" },
    { relyingPartyName: "x".repeat(33) },
    { certificateLevel: "QSCD" },
    { signatureProtocol: "RAW_DIGEST_SIGNATURE" },
    { signatureProtocolParameters: { ...parameters, rpChallenge: "A".repeat(43) } },
    { signatureProtocolParameters: { ...parameters, rpChallenge: "-".repeat(44) } },
    { signatureProtocolParameters: { ...parameters, signatureAlgorithm: "RSASSA-PSS" } },
    { signatureProtocolParameters: { ...parameters, signatureAlgorithmParameters: { hashAlgorithm: "SHA-1" } } },
    { interactions: "W10" },
    { interactions: "A".repeat(8196) },
    { initialCallbackUrl: "ftp://rp.example.com" },
    { initialCallbackUrl: "https://rp.example.com/#x" },
    { initialCallbackUrl: "https://rp.example.com/a|b" },
    { initialCallbackUrl: String.raw`https://rp.example.com\x` },
    { initialCallbackUrl: `https://rp.example.com/${"x".repeat(1800)}` },
    { capabilities: "x" },
    { capabilities: [""] },
    { requestProperties: [] },
    { requestProperties: { ["x".repeat(65)]: 1 } },
    { requestProperties: { shareMdClientIpAddress: "yes" } },
    { signatureProtocol: undefined },
  ])("neither takes %j", (change) => {
    // As it comes over the wire: without what is undefined.
    const changed: unknown = JSON.parse(JSON.stringify({ ...example, ...change }));
    expect([isDocumented(changed), isTaken(changed)]).toEqual([false, false]);
  });

  it.each([
    {},
    { unknown: [1] },
    { certificateLevel: null, capabilities: null, requestProperties: null, initialCallbackUrl: null },
    { initialCallbackUrl: "" },
    { initialCallbackUrl: "http://[::1]:3000/back?state=%7B5%7D&x='~!$(*)" },
    { relyingPartyName: "õ".repeat(16) },
    { relyingPartyUUID: "ABCDEF00-0000-4000-8000-000000000000" },
    { requestProperties: Object.fromEntries(Array.from({ length: 32 }, (_, index) => [`p${index}`, true])) },
    {
      signatureProtocolParameters: {
        ...parameters,
        signatureAlgorithm: "sha512WithRSAEncryption",
        signatureAlgorithmParameters: null,
      },
    },
    { signatureProtocolParameters: { ...parameters, signatureAlgorithm: "ed25519" } },
  ])("both take %j", (change) => {
    const changed = { ...example, ...change };
    expect([isDocumented(changed), isTaken(changed)]).toEqual([true, true]);
  });
});

describe("a linked signature", () => {
  const asked = (name: "SignatureRequest" | "LinkedSignatureRequest", signatureAlgorithm: string) => {
    const example = name === "SignatureRequest" ? REQUESTS.signature : REQUESTS.linkedSignature;
    const schema = name === "SignatureRequest" ? requests.signatureRequest : requests.linkedSignatureRequest;
    const signatureProtocolParameters = { ...example.signatureProtocolParameters, signatureAlgorithm };
    const body = { ...example, signatureProtocolParameters };
    return [schemaFaults(name, components.schemas[name] as object, body).length === 0, schema.safeParse(body).success];
  };

  it("is by every algorithm but ed25519, in the document and in what is checked", () => {
    expect(asked("SignatureRequest", "ed25519")).toEqual([true, true]);
    expect(asked("LinkedSignatureRequest", "ed25519")).toEqual([false, false]);
    for (const algorithm of ["rsassa-pss", "sha512WithRSAEncryption"]) {
      expect(asked("LinkedSignatureRequest", algorithm), algorithm).toEqual([true, true]);
    }
  });
});

describe("the page", () => {
  const page = async (): Promise<string> => (await documentationRoutes.request("/docs")).text();

  it("has every operation, every schema and every problem under an address of its own, and leads nowhere in vain", async () => {
    const text = await page();
    const ids = [...text.matchAll(/\sid="([^"]+)"/g)].map(([, id = ""]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toEqual(expect.arrayContaining(operations.map(({ operation }) => operation.operationId)));
    expect(ids).toEqual(expect.arrayContaining(Object.keys(components.responses).map((name) => `problem-${name}`)));
    for (const [, target] of text.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(target);
  });

  it("loads from its own origin alone, and has no script of any kind", async () => {
    const text = await page();
    const loaded = [...text.matchAll(/\s(?:href|src|action|srcset)="([^"#]*)/g)].map(([, address]) => address).filter(Boolean);
    expect(new Set(loaded)).toEqual(new Set(["/icons/mark.svg", "/docs/style.css", "/docs", "/openapi.json"]));
    expect(text).not.toMatch(/<script|\son\w+=|javascript:|<style|\sstyle=/i);
    const style = await (await documentationRoutes.request("/docs/style.css")).text();
    expect(style).not.toMatch(/url\(|@import|expression/i);
  });
});
