// What the server says to the devices of one browser, in other words: as a server of another version would say it, or one whose push
// service answers otherwise. Only with the keys of those devices can an answer be opened and sealed again, and the browser has them.
import { randomBytes } from "node:crypto";
import { openMessage, sealMessage } from "../../../src/channel/message.ts";
import type { Interference } from "./network.ts";
import type { Person } from "./person.ts";

interface Keys {
  readonly handle: string;
  readonly serverToDevice: string;
}

type Body = Readonly<Record<string, unknown>>;

/** `reword`: of the body of every answer to an operation that was done; the same where it has nothing to change. */
export async function otherWords({ page }: Person, reword: (body: Body) => Body): Promise<Interference> {
  const devices = await page.evaluate(keysOfDevices);
  return {
    rewrite: async ({ path }, sealed) => {
      if (path !== "/device/messages") return sealed;
      for (const { handle, serverToDevice } of devices) {
        const key = Buffer.from(serverToDevice, "base64url");
        const opened = await openMessage(key, handle, sealed.toString());
        if (opened === undefined) continue;
        const answer = JSON.parse(Buffer.from(opened).toString()) as { outcome: { ok: boolean; body: Body } };
        if (!answer.outcome.ok) return sealed;
        const said = { ...answer, outcome: { ...answer.outcome, body: reword(answer.outcome.body) } };
        return Buffer.from(await sealMessage(key, handle, Buffer.from(JSON.stringify(said)), randomBytes(12)));
      }
      return sealed;
    },
  };
}

/** Inside the page. */
async function keysOfDevices(): Promise<readonly Keys[]> {
  const done = <Value>(request: IDBRequest<Value>): Promise<Value> =>
    new Promise((resolve, reject) => {
      request.addEventListener("success", () => resolve(request.result));
      request.addEventListener("error", () => reject(request.error ?? new Error("no database")));
    });
  const database = await done(indexedDB.open("tally"));
  try {
    return (await done(database.transaction("records").objectStore("records").getAll())) as readonly Keys[];
  } finally {
    database.close();
  }
}
