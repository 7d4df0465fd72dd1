// What a page finds outside of itself: its browser, and a camera.
import type { BrowserFamily } from "../../../src/pwa/model/browser-family.ts";
import type { CameraProblem } from "../../../src/pwa/scanner/camera.ts";

const AGENTS: Readonly<Record<BrowserFamily, string>> = {
  "ios-browser": "iPhone",
  "ios-app": "iPhone",
  android: "Android Chrome/1",
  firefox: "Firefox/1",
  safari: "Safari/1",
  chromium: "Chrome/1",
};

/** As far as the app asks what browser it is in. */
export function inBrowser(family: BrowserFamily): void {
  Object.defineProperty(navigator, "userAgent", { configurable: true, get: () => AGENTS[family] });
  window.matchMedia = (query) =>
    query === "(display-mode: standalone)" ? new Standalone(family === "ios-app") : matchMedia(query);
}

const matchMedia = window.matchMedia.bind(window);

class Standalone extends EventTarget implements MediaQueryList {
  readonly media = "";
  readonly onchange = null;
  readonly matches: boolean;

  constructor(matches: boolean) {
    super();
    this.matches = matches;
  }

  addListener(): void {}

  removeListener(): void {}
}

type Camera = () => Promise<MediaStream>;

const failing =
  (name: string): Camera =>
  () =>
    Promise.reject(new DOMException("", name));

/** Of nothing but a colour, which is painted as long as somebody looks: else there is no picture of it. */
async function picture(): Promise<MediaStream> {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [64, 64];
  const context = canvas.getContext("2d");
  const stream = canvas.captureStream();
  const timer = setInterval(() => {
    if (!stream.active || context === null) return clearInterval(timer);
    context.fillStyle = "#5f6f66";
    context.fillRect(0, 0, 64, 64);
  }, 10);
  return stream;
}

const CAMERAS: Readonly<Record<"on" | CameraProblem, Camera | undefined>> = {
  on: picture,
  denied: failing("NotAllowedError"),
  none: failing("NotFoundError"),
  "in-use": failing("NotReadableError"),
  unavailable: failing("SecurityError"),
  failed: failing("UnknownError"),
  async lost() {
    const stream = await picture();
    setTimeout(() => stream.getTracks().forEach((track) => track.dispatchEvent(new Event("ended"))));
    return stream;
  },
  insecure: undefined,
};

const asksForEver: Camera = () => new Promise(() => undefined);

/** Undefined: the browser still asks its person. */
export function withCamera(camera: "on" | CameraProblem | undefined): void {
  const getUserMedia = camera === undefined ? asksForEver : CAMERAS[camera];
  Object.defineProperty(navigator, "mediaDevices", { configurable: true, value: getUserMedia && { getUserMedia } });
  Object.defineProperty(window, "isSecureContext", { configurable: true, value: camera !== "insecure" });
}

/** When it is on, or will not be. */
export async function cameraSettled(): Promise<void> {
  for (let tries = 0; !isSettled(); tries++) {
    if (tries > 200) throw new Error("the camera does not settle");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const isSettled = (): boolean =>
  document.querySelector(".viewfinder[hidden]") !== null || (document.querySelector("video")?.currentTime ?? 0) > 0;
