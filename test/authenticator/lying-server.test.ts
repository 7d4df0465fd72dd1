import { describe, expect, it } from "vitest";
import { openAccount } from "../../src/authenticator/enrolment.ts";
import { storedBytes } from "../../src/authenticator/device-record.ts";
import { ServerUnreachable } from "../../src/authenticator/server-connection.ts";
import { IV_LENGTH, sealMessage } from "../../src/channel/message.ts";
import { utf8 } from "../../src/protocol/encoding.ts";
import { deviceOn, server } from "../support/headless-device.ts";
import { MemoryStorage } from "../support/memory-storage.ts";

/** A device whose server holds the right channel keys and answers whatever it likes. */
async function deviceOfServerThatSays(says: (requestId: string) => string) {
  const storage = new MemoryStorage();
  await openAccount(server, storage);
  return deviceOn(storage, {
    url: server.url,
    fetch: async () => {
      const { record } = storage;
      if (record?.pending === undefined) throw new Error("nothing was written before sending");
      const iv = crypto.getRandomValues(new Uint8Array(IV_LENGTH));
      const plaintext = utf8(says(record.pending.requestId));
      return new Response(await sealMessage(storedBytes(record.serverToDevice), record.handle, plaintext, iv));
    },
  });
}

describe("a device whose server seals nonsense", () => {
  it("gets a failure as a value when the body is not of its operation", async () => {
    const device = await deviceOfServerThatSays((requestId) =>
      JSON.stringify({ requestId, outcome: { ok: true, body: { status: "wonderful" } } }),
    );
    expect(await device.client.call("getKeyState", () => ({}))).toEqual({ ok: false, failure: { code: "server_error" } });
  });

  it("has got no answer when it is not one, and keeps its request pending", async () => {
    for (const nonsense of ["", "not JSON", "[]", '{"requestId":""}']) {
      const device = await deviceOfServerThatSays(() => nonsense);
      await expect(device.client.call("getKeyState", () => ({}))).rejects.toBeInstanceOf(ServerUnreachable);
      expect(device.storage.record?.pending).toBeDefined();
    }
  });
});
