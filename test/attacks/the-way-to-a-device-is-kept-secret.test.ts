// Whoever knows a subscription can push to a person's device, and who has a ticket can watch when something happens to an account.
// Neither stands in the clear in any storage, at any moment, nor in a log; what is pushed says nothing of who, what or where.
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { inspect } from "node:util";
import { fromBase64Url } from "../../src/protocol/encoding.ts";
import { startLogin } from "../support/demo-party.ts";
import { accountStub, deviceOn, enrol, PERSON, server } from "../support/headless-device.ts";
import { openLive, protocolsOf, requestLive, ticketOf } from "../support/live-socket.ts";
import { type Delivery, newBrowser, pushService } from "../support/push-service.ts";
import { seedDemoParty } from "../support/relying-party.ts";
import { latin1, type Secrets, tracesOf } from "../support/secret-search.ts";
import { dumpDeployment, dumpObject } from "../support/storage-dump.ts";

const dumps: string[] = [];
const printed: string[] = [];
const tickets: string[] = [];
let secrets: Secrets;
let pushed: Delivery[];

beforeAll(async () => {
  await seedDemoParty();
  for (const method of ["log", "info", "warn", "error", "debug"] as const) {
    vi.spyOn(console, method).mockImplementation((...input: unknown[]) => void printed.push(inspect(input, { depth: 8 })));
  }
  const device = await enrol();
  const dump = async () => dumps.push(JSON.stringify(await dumpObject(accountStub(device.storage.record))));
  // Answers of every kind: sent, refused, gone, unreachable.
  const answers = [201, 403, 0, 410];
  pushed = pushService(() => {
    const status = answers.shift() ?? 201;
    return status === 0 ? Promise.reject(new TypeError("no route")) : new Response(null, { status });
  });
  const browser = await newBrowser();
  const { endpoint, p256dh, auth } = browser.subscription;
  secrets = {
    endpoint,
    "token of the endpoint": fromBase64Url(endpoint.split("/").at(-1) ?? "") ?? "",
    p256dh: fromBase64Url(p256dh) ?? "",
    auth: fromBase64Url(auth) ?? "",
  };
  await device.client.call("subscribePush", () => ({ subscription: browser.subscription }));
  await dump();
  for (let push = 1; push <= 3; push++) {
    await startLogin(device.documentNumber);
    await vi.waitUntil(() => pushed.length === push, { timeout: 20_000 });
    await dump();
  }
  for (let number = 0; number < 2; number++) {
    tickets.push(await ticketOf(device));
    await dump();
  }
  await requestLive(await protocolsOf(device, tickets[0] ?? ""));
  await requestLive(await protocolsOf(device, tickets[0] ?? ""));
  await dump();
  // An answer that was lost and is asked for again.
  let lost = false;
  const lossy = deviceOn(device.storage, {
    ...server,
    fetch: async (input, init) => {
      const response = await server.fetch(input, init);
      if (lost) return response;
      lost = true;
      throw new TypeError("connection lost");
    },
  });
  tickets.push(await ticketOf(lossy));
  await dump();
  (await openLive(device)).socket.close();
  dumps.push(JSON.stringify(await dumpDeployment()));
}, 60_000);

afterAll(() => void vi.restoreAllMocks());

const every = (): Secrets => ({
  ...secrets,
  ...Object.fromEntries(tickets.map((ticket, index) => [`ticket ${index}`, fromBase64Url(ticket) ?? ""])),
});

const readings = (dump: string): string[] => [
  dump,
  ...[...dump.matchAll(/"((?:[0-9a-f]{2}){24,})"/g)].map(([, hex = ""]) =>
    latin1(Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number(`0x${pair}`))),
  ),
];

describe("subscription and tickets", () => {
  it("stand in no storage in the clear, at no moment", () => {
    for (const table of ["push_subscription", "live_ticket"]) expect(dumps.join("\n")).toContain(`"${table}":[{`);
    expect(dumps.join("\n")).toMatch(/"secret":"[0-9a-f]{64}/);
    expect(tickets).toHaveLength(3);
    expect(pushed).toHaveLength(3);
    expect(tracesOf(every(), [...new Set(dumps.flatMap(readings))])).toEqual([]);
  });

  it("stand in no log, whatever became of a push", () => {
    expect(printed.filter((line) => line.includes("a push was not sent"))).toHaveLength(2);
    expect(tracesOf(every(), printed)).toEqual([]);
  });

  it("would show themselves to this search, were they there", () => {
    for (const [name, secret] of Object.entries(every())) {
      const text = typeof secret === "string" ? secret : latin1(secret);
      expect(tracesOf({ [name]: secret }, [`{"x":"${text}"}`]), name).toHaveLength(1);
    }
  });
});

describe("what a push service learns", () => {
  it("is that something waits somewhere: no name, no party, no account, and the same length each time", () => {
    expect(new Set(pushed.map(({ body }) => body.length)).size).toBe(1);
    const everything = pushed.map(({ headers, body }) => JSON.stringify([...headers]) + latin1(body)).join("\n");
    for (const told of [PERSON.givenName, PERSON.surname, PERSON.personalCode, "DEMO", "Log in"])
      expect(everything).not.toContain(told);
    expect([...new Set(pushed.flatMap(({ headers }) => [...headers.keys()]))].toSorted()).toEqual([
      "authorization",
      "content-encoding",
      "content-type",
      "ttl",
      "urgency",
    ]);
  });
});
