// One server for each state folder; how two real ones meet is in start.node.test.ts.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { reserveStateFolder } from "../../scripts/folder-reservation.ts";
import { StartFailure } from "../../scripts/start-failure.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tally-reservation-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const note = () => join(folder, "running.json");

describe("a state folder", () => {
  it("has one server, from before it has a port until it gives the folder back", async () => {
    const first = await reserveStateFolder(folder);
    const second = await reserveStateFolder(folder).catch((error: unknown) => error);
    expect(second).toBeInstanceOf(StartFailure);
    expect((second as StartFailure).message).toContain(`in use by another server that is starting (process ${process.pid})`);
    first.announce(4711);
    await expect(reserveStateFolder(folder)).rejects.toThrow("in use by the server on http://localhost:4711");
    first.release();
    expect(existsSync(note())).toBe(false);
    (await reserveStateFolder(folder)).release();
  });

  it.each(["", "{ half", '{"pid":1,"port":1}', '{"pid":-1,"port":70000}'])("is free where a crash left %j", async (left) => {
    writeFileSync(note(), left);
    const reservation = await reserveStateFolder(folder);
    expect(JSON.parse(readFileSync(note(), "utf8"))).toEqual({ pid: process.pid });
    reservation.release();
  });

  it("is not free while the runtime of a killed server still answers", async () => {
    const program = `const server = require("node:http").createServer((_, response) => response.end());
      server.listen(0, "localhost", () => console.log(server.address().port));`;
    const remains = spawn(process.execPath, ["-e", program], { detached: true });
    try {
      const [port] = (await once(remains.stdout, "data")) as [Buffer];
      writeFileSync(note(), JSON.stringify({ pid: remains.pid, port: Number(port.toString()) }));
      await expect(reserveStateFolder(folder)).rejects.toThrow(`end it with kill -9 -- -${remains.pid}`);
    } finally {
      remains.kill("SIGKILL");
    }
    await once(remains, "exit");
    (await reserveStateFolder(folder)).release();
  });

  it("that is a file is refused in one line", async () => {
    writeFileSync(join(folder, "file"), "");
    await expect(reserveStateFolder(join(folder, "file"))).rejects.toThrow("cannot use the state folder");
  });
});
