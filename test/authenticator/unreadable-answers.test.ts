// An answer that cannot be read is no answer: what was asked for may have been done, and the device asks again what became of it.
import { beforeEach, describe, expect, it } from "vitest";
import { assertIdentity, openAccount } from "../../src/authenticator/enrolment.ts";
import { type ServerConnection, ServerUnreachable } from "../../src/authenticator/server-connection.ts";
import { deviceOn, type HeadlessDevice, PERSON, server } from "../support/headless-device.ts";
import { MemoryStorage } from "../support/memory-storage.ts";

/** The request arrives; of its answer comes what `spoil` makes of it. */
const spoiled = (path: string, spoil: (answer: Response) => Response | Promise<Response>): ServerConnection => ({
  url: server.url,
  fetch: async (input, init) => {
    const answer = await server.fetch(input, init);
    return (input as string).endsWith(path) ? spoil(answer) : answer;
  },
});

/** The headers, three bytes of the body, then what a lost connection or a time limit gives. */
const cutWith = (error: Error) => (answer: Response) => {
  const parts = [new TextEncoder().encode("abc")];
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      const part = parts.pop();
      if (part === undefined) controller.error(error);
      else controller.enqueue(part);
    },
  });
  return new Response(body, { status: answer.status, headers: { "content-type": "application/jose" } });
};

const WAYS: readonly (readonly [string, (answer: Response) => Response | Promise<Response>])[] = [
  ["is cut off after its headers", cutWith(new TypeError("terminated"))],
  ["takes too long", cutWith(new DOMException("too long", "TimeoutError"))],
  ["is not UTF-8", () => new Response(new Uint8Array([0xff, 0xfe, 0x00]))],
  ["is a page of whoever stands in between", () => new Response("<html>Log in to the network</html>")],
];

let device: HeadlessDevice;

beforeEach(async () => {
  device = deviceOn(new MemoryStorage());
  await openAccount(server, device.storage);
});

describe("an answer of the channel that", () => {
  it.each(WAYS)("%s leaves the request pending, and is learned later", async (_, spoil) => {
    const unlucky = deviceOn(device.storage, spoiled("/device/messages", spoil));
    await expect(unlucky.client.call("getKeyState", () => ({}))).rejects.toBeInstanceOf(ServerUnreachable);
    expect(device.storage.record?.pending).toBeDefined();
    expect(await device.client.settle()).toMatchObject({ received: true, outcome: { ok: true } });
  });
});

describe("an answer to an identity that", () => {
  it.each(WAYS)("%s proves and refuses nothing, and is asked for again", async (_, spoil) => {
    const connection = spoiled("/registration/self-asserted", spoil);
    await expect(assertIdentity(connection, device.storage, PERSON)).rejects.toBeInstanceOf(ServerUnreachable);
    expect(device.storage.record?.owner).toBeUndefined();
    expect(await assertIdentity(server, device.storage, PERSON)).toBeUndefined();
  });

  it("is a refusal without a problem document is somebody else's", async () => {
    const gateway = spoiled("/registration/self-asserted", () => new Response("<html>404</html>", { status: 404 }));
    await expect(assertIdentity(gateway, device.storage, PERSON)).rejects.toBeInstanceOf(ServerUnreachable);
    await assertIdentity(server, device.storage, PERSON);
    const other = { ...PERSON, givenName: "KARI" };
    expect(await assertIdentity(server, device.storage, other)).toMatchObject({ status: 409, title: "Conflict" });
  });
});

describe("a handshake whose answer", () => {
  it.each(WAYS)("%s opens nothing", async (_, spoil) => {
    for (const path of ["/device/keys", "/device/accounts"]) {
      const storage = new MemoryStorage();
      await expect(openAccount(spoiled(path, spoil), storage)).rejects.toBeInstanceOf(ServerUnreachable);
      expect(storage.record).toBeUndefined();
    }
  });
});
