// One whole story with PINs of twelve digits, which are then looked for wherever the browser, the wire and the server keep
// anything. Another number of twelve digits is put into each of these places on purpose: what finds that one would find a PIN.
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { launchWithProfile } from "./support/chromium.ts";
import { identity } from "./support/identity.ts";
import type { Person } from "./support/person.ts";
import { filesOf, memoryOf, snapshot, tracesOfDigits } from "./support/pin-search.ts";
import { CONTEXT, stage } from "./support/stage.ts";

const PINS = { auth: "739462851603", sign: "518203964727" };
const WRONG_PIN = "640917385204";
const PLANTED = "295170648318";

const here = stage();
const profile = mkdtempSync(join(tmpdir(), "tally-browser-profile-"));
const documents: string[] = [];
const frames: string[] = [];
const addresses: string[] = [];
let places: Readonly<Record<Place, readonly string[]>>;

beforeAll(async () => {
  const context = here.prepare(await launchWithProfile(profile, CONTEXT));
  await context.addInitScript(exposeSockets);
  const mari = await here.person(identity(0, PINS), context);
  listen(mari.page);
  await story(mari);
  await plant(mari);
  const memory = await memoryOf(mari.page);
  const storage = await context.storageState({ indexedDB: true });
  await context.close();
  await here.server.stop();
  places = {
    "the document, after every key": documents,
    "the page's memory": memory,
    "the browser's storage": [JSON.stringify(storage)],
    "the browser's profile on disk": [...filesOf(profile)],
    addresses,
    "the console": here.violations.said,
    "requests and answers": here.network.traffic,
    "frames of WebSockets": frames,
    "the server's state folder": [...filesOf(here.server.stateFolder)],
    "the server's output": [here.server.output],
  };
});

afterAll(() => rmSync(profile, { recursive: true, force: true }));

/** Enrolment with a wrong repetition and a wrong PIN, a login, a signature. */
async function story(mari: Person): Promise<void> {
  await mari.open();
  await mari.enrol(async () => look(mari.page));
  await watchedLogin(mari, WRONG_PIN);
  await watchedEntry(mari, PINS.auth);
  await mari.sees("Confirmed");
  await look(mari.page);
  await mari.presses("Done");
  const documentNumber = await restartWithPrint();
  await here.relyingParty.sign(documentNumber, Buffer.from("I owe you one."));
  await mari.checksFor("DEMO");
  await mari.presses("Continue");
  await mari.sees("Enter PIN2");
  await watchedEntry(mari, PINS.sign);
  await mari.sees("Confirmed");
  await look(mari.page);
  await mari.presses("Done");
  await mari.sees(mari.name);
}

async function watchedLogin(mari: Person, pin: string): Promise<void> {
  await here.relyingParty.login(mari.semanticsIdentifier);
  await mari.checksFor("DEMO");
  await mari.presses("Continue");
  await mari.sees("Enter PIN1");
  await watchedEntry(mari, pin);
  await mari.page.getByText(/2 attempts/).waitFor();
}

async function watchedEntry(mari: Person, pin: string): Promise<void> {
  for (const digit of pin) {
    await mari.types(digit, Number(digit) % 2 === 0 ? "pad" : "keyboard");
    await look(mari.page);
  }
  await mari.presses("Confirm");
  await look(mari.page);
}

const look = async (page: Page): Promise<void> => void documents.push(await snapshot(page));

function listen(page: Page): void {
  page.on("framenavigated", (frame) => addresses.push(frame.url()));
  page.on("websocket", (socket) => {
    frames.push(socket.url());
    socket.on("framesent", ({ payload }) => frames.push(payload.toString("latin1")));
    socket.on("framereceived", ({ payload }) => frames.push(payload.toString("latin1")));
  });
}

/** The other number, by the ways that a careless program would send a PIN. */
async function plant(mari: Person): Promise<void> {
  here.violations.allow(/status of 404/);
  // Over the wire into the server's storage.
  await here.relyingParty.login(mari.semanticsIdentifier, `Is it ${PLANTED}?`);
  await mari.page.evaluate(async (planted) => {
    localStorage.setItem("planted", planted);
    // oxlint-disable-next-line no-console
    console.log(`typed: ${planted}`);
    history.pushState({}, "", `/?planted=${planted}`);
    document.body.setAttribute("data-planted", planted);
    await fetch("/health", { method: "POST", body: btoa(`pin=${planted}`) }).catch(() => undefined);
    Object.assign(globalThis, { planted: `in memory: ${planted}` });
  }, PLANTED);
  await vi.waitFor(() => mari.page.evaluate(sendByLiveChannel, PLANTED), { timeout: 30_000 });
  await vi.waitFor(() => expect(frames).toContain(PLANTED), { timeout: 20_000 });
  await look(mari.page);
}

/** The live channel of the app within reach of a test. */
const exposeSockets = (): void => {
  const sockets: WebSocket[] = [];
  const Exposed = class extends WebSocket {
    constructor(...parameters: ConstructorParameters<typeof WebSocket>) {
      super(...parameters);
      sockets.push(this);
    }
  };
  Object.assign(globalThis, { sockets, WebSocket: Exposed });
};

/** Throws while none is open: after a restart of the server it takes a moment. */
function sendByLiveChannel(text: string): void {
  const { sockets } = globalThis as unknown as { sockets: WebSocket[] };
  const open = sockets.find(({ readyState }) => readyState === WebSocket.OPEN);
  if (open === undefined) throw new Error("no live channel");
  open.send(text);
}

/** The server prints the other number when it starts again. Gives the account's document number. */
async function restartWithPrint(): Promise<string> {
  const script = join(profile, "print.cjs");
  writeFileSync(script, `console.error("typed: ${PLANTED}");`);
  process.env["NODE_OPTIONS"] = `--require ${script}`;
  try {
    const [documentNumber = ""] = await here.whileStopped((server) => server.activeAccounts());
    return documentNumber;
  } finally {
    delete process.env["NODE_OPTIONS"];
    rmSync(script);
  }
}

const PLACES = [
  "the document, after every key",
  "the page's memory",
  "the browser's storage",
  "the browser's profile on disk",
  "addresses",
  "the console",
  "requests and answers",
  "frames of WebSockets",
  "the server's state folder",
  "the server's output",
] as const;
type Place = (typeof PLACES)[number];

describe("of the PINs, right and wrong, there is nothing in", () => {
  it.each(PLACES)("%s", (place) => {
    for (const pin of [PINS.auth, PINS.sign, WRONG_PIN]) expect(tracesOfDigits(pin, places[place])).toEqual([]);
  });
});

describe("another number of as many digits is found in", () => {
  it.each(PLACES)("%s", (place) => expect(tracesOfDigits(PLANTED, places[place])).not.toEqual([]));
});

it("the search finds every spelling of the digits", () => {
  const digits = Buffer.from(PLANTED);
  for (const text of [
    `a${PLANTED}b`,
    Buffer.from(PLANTED, "utf16le").toString("latin1"),
    Buffer.from(PLANTED, "utf16le").swap16().toString("latin1"),
    digits.toString("hex"),
    ...["", "x", "xx"].map((before) => btoa(`${before}${PLANTED}yyy`)),
    JSON.stringify([...digits]),
    JSON.stringify([...PLANTED]),
    JSON.stringify([...PLANTED].map(Number)),
    [...PLANTED].toReversed().join(""),
  ]) {
    expect(tracesOfDigits(PLANTED, [text]), text).not.toEqual([]);
  }
  expect(tracesOfDigits(PLANTED, [PLANTED.slice(1), ""])).toEqual([]);
});
