// What became of a request whose answer was lost is told to whoever listens, also where another call learned it on its way: an attempt
// with a PIN must never end without the person hearing of it.
import { expect, it } from "vitest";
import { ChannelClient, type Settled } from "../../src/authenticator/channel-client.ts";
import { ServerUnreachable } from "../../src/authenticator/server-connection.ts";
import { openAccount } from "../../src/authenticator/enrolment.ts";
import { MemoryStorage } from "../support/memory-storage.ts";
import { unreliableConnection } from "../support/unreliable-connection.ts";

async function interrupted(fate: "answer lost" | "request lost") {
  const connection = unreliableConnection();
  const storage = new MemoryStorage();
  await openAccount(connection, storage);
  const heard: Settled[] = [];
  const noPause = () => Promise.resolve();
  const client = new ChannelClient(connection, storage, noPause, (settled) => heard.push(settled));
  connection.fates.push(fate, fate, fate);
  await expect(client.call("getKeyState", () => ({}), "")).rejects.toThrow(ServerUnreachable);
  expect(heard).toEqual([]);
  return { client, heard };
}

it("the next call tells of an answer that was lost, once", async () => {
  const { client, heard } = await interrupted("answer lost");
  expect((await client.call("getKeyState", () => ({}))).ok).toBe(true);
  expect(heard).toMatchObject([{ request: { operation: "getKeyState" }, received: true, outcome: { ok: true } }]);
  await client.call("getKeyState", () => ({}));
  expect(heard).toHaveLength(1);
});

it("the next call tells of a request that never arrived", async () => {
  const { client, heard } = await interrupted("request lost");
  await client.call("getKeyState", () => ({}));
  expect(heard).toMatchObject([{ request: { operation: "getKeyState" }, received: false }]);
});
