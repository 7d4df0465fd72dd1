// The camera: what stands in its way is told in the person's words, its lamp, and that it is let go on every way out.
import { beforeEach, describe, expect, it, vi } from "vitest";
import { browserWindow, turnTo } from "./support/page.ts";
import { hasTorch, openCamera, problemOf, setTorch } from "../../src/pwa/scanner/camera.ts";
import { Scanner, type ScannerState } from "../../src/pwa/scanner/scanner.ts";

vi.mock("../../src/pwa/scanner/picture-decoder.ts", () => ({ pictureDecoder: () => () => seen.shift() }));

/** What the pictures show, one after the other. */
let seen: string[] = [];

class Track extends EventTarget {
  readyState = "live";
  readonly stop = vi.fn<() => void>(() => void (this.readyState = "ended"));
  readonly applyConstraints = vi.fn<(constraints: unknown) => Promise<void>>(async () => undefined);
  getCapabilities = (): object => ({ torch: true });
}

function streamOf(track: Track): MediaStream {
  return { getTracks: () => [track], getVideoTracks: () => [track] } as unknown as MediaStream;
}

function cameraIs(getUserMedia: () => Promise<MediaStream>): void {
  vi.stubGlobal("navigator", { mediaDevices: { getUserMedia } });
}

/** A screen with its scanner; what it heard. */
function scanning(): { scanner: Scanner; states: ScannerState[]; read: string[]; video: { srcObject: unknown } } {
  const [states, read]: [ScannerState[], string[]] = [[], []];
  const video = { srcObject: null as unknown, play: async () => undefined };
  const heard = { changed: (state: ScannerState) => void states.push(state), read: (text: string) => void read.push(text) };
  const scanner = new Scanner(video as unknown as HTMLVideoElement, heard);
  scanner.start();
  return { scanner, states, read, video };
}

beforeEach(() => {
  seen = [];
  turnTo("visible");
});

describe("what stands in the way of a camera", () => {
  it.each([
    ["NotAllowedError", "denied"],
    ["NotFoundError", "none"],
    ["OverconstrainedError", "none"],
    ["NotReadableError", "in-use"],
    ["AbortError", "in-use"],
    ["SecurityError", "unavailable"],
    ["SomethingNew", "failed"],
  ])("%s is %s", (name, problem) => expect(problemOf(new DOMException("", name))).toBe(problem));

  it.each([
    ["browser itself, where it gives pages none", true, "unavailable"],
    ["way that the page came", false, "insecure"],
  ])("is the %s", async (_, isSecureContext, failure) => {
    vi.stubGlobal("navigator", {});
    vi.stubGlobal("isSecureContext", isSecureContext);
    expect(await openCamera()).toEqual({ ok: false, failure });
  });
});

describe("the lamp", () => {
  it("is there where the camera says so, and is switched", async () => {
    const track = new Track();
    const stream = streamOf(track);
    expect(hasTorch(stream)).toBe(true);
    expect(await setTorch(stream, true)).toBe(true);
    expect(track.applyConstraints).toHaveBeenCalledWith({ advanced: [{ torch: true }] });
    track.getCapabilities = () => ({});
    expect(hasTorch(stream)).toBe(false);
  });

  it("that does not obey stays as it is", async () => {
    const track = new Track();
    track.applyConstraints.mockRejectedValue(new DOMException("", "OverconstrainedError"));
    expect(await setTorch(streamOf(track), true)).toBe(false);
  });
});

describe("a camera", () => {
  it("is read until its screen is left, and is let go then", async () => {
    const track = new Track();
    cameraIs(async () => streamOf(track));
    seen = ["one", "two"];
    const { scanner, states, read, video } = scanning();
    await vi.waitFor(() => expect(read).toEqual(["one", "two"]));
    expect(states).toEqual([{ kind: "starting" }, { kind: "on", torch: false }]);
    scanner.stop();
    expect(track.readyState).toBe("ended");
    expect(video.srcObject).toBeNull();
    turnTo("visible");
    expect(states).toHaveLength(2);
  });

  it("is let go when the page is hidden, or goes for good, and wanted again when the page is back", async () => {
    const tracks: Track[] = [];
    cameraIs(async () => streamOf(tracks[tracks.push(new Track()) - 1]!));
    const { scanner, states } = scanning();
    await vi.waitFor(() => expect(states.at(-1)).toMatchObject({ kind: "on" }));
    turnTo("hidden");
    expect(tracks.map(({ readyState }) => readyState)).toEqual(["ended"]);
    turnTo("visible");
    await vi.waitFor(() => expect(tracks).toHaveLength(2));
    browserWindow.dispatchEvent(new Event("pagehide"));
    await vi.waitFor(() => expect(tracks[1]?.readyState).toBe("ended"));
    scanner.stop();
  });

  it("that the person allows after they have left is let go at once", async () => {
    const track = new Track();
    const allowed = Promise.withResolvers<MediaStream>();
    cameraIs(() => allowed.promise);
    const { scanner, states } = scanning();
    scanner.stop();
    allowed.resolve(streamOf(track));
    await vi.waitFor(() => expect(track.stop).toHaveBeenCalledOnce());
    expect(states).toEqual([{ kind: "starting" }]);
  });

  it("that goes away is said to be gone", async () => {
    const track = new Track();
    cameraIs(async () => streamOf(track));
    const { scanner, states } = scanning();
    await vi.waitFor(() => expect(states.at(-1)).toMatchObject({ kind: "on" }));
    track.dispatchEvent(new Event("ended"));
    expect(states.at(-1)).toEqual({ kind: "off", problem: "lost" });
    scanner.stop();
  });
});

describe("the browser's own reader", () => {
  it("is used where it knows QR codes, and the other one as soon as it fails", async () => {
    const detect = vi.fn<() => Promise<{ rawValue: string }[]>>();
    detect.mockResolvedValueOnce([{ rawValue: "by the browser" }]).mockRejectedValue(new Error("no service"));
    class Detector {
      static readonly getSupportedFormats = async () => ["qr_code"];
      readonly detect = detect;
    }
    vi.stubGlobal("BarcodeDetector", Detector);
    cameraIs(async () => streamOf(new Track()));
    seen = ["by the other"];
    const { scanner, read } = scanning();
    await vi.waitFor(() => expect(read).toEqual(["by the browser", "by the other"]));
    expect(detect).toHaveBeenCalledTimes(2);
    scanner.stop();
    vi.stubGlobal("BarcodeDetector", undefined);
  });
});
