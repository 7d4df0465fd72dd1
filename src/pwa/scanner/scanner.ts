// Scanning as long as the screen is there and looked at: opens the camera, looks at its pictures several times a second, and lets the
// camera go on every way out. Knows nothing of what the codes mean.
import { type CameraProblem, closeCamera, hasTorch, openCamera, setTorch } from "./camera.ts";
import { type CodeReader, codeReader } from "./code-reader.ts";

const LOOK_EVERY_MS = 120;

/** `not-loaded`: the script that reads codes is not there; the page must be loaded again. */
export type ScannerState =
  | { readonly kind: "starting" }
  /** `torch`: undefined where there is none. */
  | { readonly kind: "on"; readonly torch: boolean | undefined }
  | { readonly kind: "off"; readonly problem: CameraProblem | "not-loaded" };

interface Heard {
  readonly changed: (state: ScannerState) => void;
  readonly read: (text: string) => void;
}

export class Scanner {
  readonly #video: HTMLVideoElement;
  readonly #heard: Heard;
  #stream: MediaStream | undefined;
  /** Of the camera that is wanted now: what was begun for an earlier one is thrown away. */
  #turn = 0;

  constructor(video: HTMLVideoElement, heard: Heard) {
    this.#video = video;
    this.#heard = heard;
  }

  start(): void {
    document.addEventListener("visibilitychange", this.#follow);
    addEventListener("pagehide", this.#release);
    this.#follow();
  }

  stop(): void {
    document.removeEventListener("visibilitychange", this.#follow);
    removeEventListener("pagehide", this.#release);
    this.#release();
  }

  /** Only while it is on. */
  async switchTorch(on: boolean): Promise<void> {
    const [stream, turn] = [this.#stream, this.#turn];
    if (stream === undefined) return;
    const torch = await setTorch(stream, on);
    if (turn === this.#turn) this.#heard.changed({ kind: "on", torch });
  }

  /** A camera that looks on while the person looks elsewhere is nobody's wish. */
  readonly #follow = (): void => {
    this.#release();
    if (document.visibilityState === "visible") void this.#run();
  };

  readonly #release = (): void => {
    this.#turn++;
    if (this.#stream !== undefined) closeCamera(this.#stream);
    this.#stream = undefined;
    this.#video.srcObject = null;
  };

  async #run(): Promise<void> {
    const turn = this.#turn;
    const isWanted = (): boolean => turn === this.#turn;
    this.#heard.changed({ kind: "starting" });
    const opened = await openCamera();
    // Left while the browser was asking.
    if (opened.ok && !isWanted()) return closeCamera(opened.value);
    if (!isWanted()) return;
    if (!opened.ok) return this.#heard.changed({ kind: "off", problem: opened.failure });
    const stream = opened.value;
    this.#stream = stream;
    for (const track of stream.getTracks()) track.addEventListener("ended", () => isWanted() && this.#giveUp("lost"));
    this.#video.srcObject = stream;
    try {
      const [read] = await Promise.all([codeReader(), this.#video.play()]);
      if (!isWanted()) return;
      this.#heard.changed({ kind: "on", torch: hasTorch(stream) ? false : undefined });
      await this.#look(read, isWanted);
    } catch (error) {
      if (!isWanted()) return;
      console.error(error);
      this.#giveUp(error instanceof TypeError ? "not-loaded" : "failed");
    }
  }

  async #look(read: CodeReader, isWanted: () => boolean): Promise<void> {
    while (isWanted()) {
      for (const text of await read(this.#video)) {
        if (isWanted()) this.#heard.read(text);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  #giveUp(problem: CameraProblem | "not-loaded"): void {
    this.#release();
    this.#heard.changed({ kind: "off", problem });
  }
}
