// The simulator's own door, on the loopback interface, for the Worker's /mock routes. The address holds a random secret, so that no web
// page finds it; who can list this machine's processes can.
import { randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { ServerUnreachable } from "../../src/authenticator/server-connection.ts";
import { type MockDeviceLink, mockDeviceLinkSchema } from "../../src/protocol/mock-device-link.ts";
import type { Population } from "./population.ts";

const BODY_LIMIT = 64 * 1024;

/** Base address of the service. `population`: undefined as long as the server does not run. */
export async function startMockService(population: () => Population | undefined): Promise<string> {
  const base = `/${randomBytes(16).toString("hex")}`;
  const service = createServer((request, response) => {
    const answer = (status: number, body: object = {}) => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    };
    const isAsked = request.method === "POST" && equal(request.url ?? "", `${base}/device-link`);
    if (!isAsked) return answer(404);
    readBody(request)
      .then((text) => openLink(text, population()))
      .then(({ status, body }) => answer(status, body))
      .catch(() => answer(500));
  });
  await new Promise<void>((resolve, reject) => {
    service.once("error", reject);
    service.listen(0, "127.0.0.1", resolve);
  });
  return `http://127.0.0.1:${(service.address() as AddressInfo).port}${base}`;
}

function equal(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)];
  return a.length === b.length && timingSafeEqual(a, b);
}

async function openLink(text: string, population: Population | undefined): Promise<{ status: number; body?: object }> {
  const asked = mockDeviceLinkSchema.safeParse(parseJson(text)).data;
  if (asked === undefined) return { status: 400 };
  const person = population?.find(asked.documentNumber) ?? "enrolling";
  if (person === "unknown") return { status: 404 };
  if (person === "enrolling") return { status: 409 };
  if (person === "failed") return { status: 410 };
  try {
    return { status: 200, body: await person.open(asked.deviceLink, browserOf(asked)) };
  } catch (error) {
    if (!(error instanceof ServerUnreachable)) throw error;
    return { status: 200, body: { opened: false, reason: "unreachable" } };
  }
}

/** A QR code leads to another device: nothing returns to the browser. */
const browserOf = ({ flowType, browserCookie: cookie, initialCallbackUrl }: MockDeviceLink) =>
  flowType === "QR" ? undefined : { cookie, initialCallbackUrl };

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > BODY_LIMIT) throw new Error("the body is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
