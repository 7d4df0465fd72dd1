// The person at the keyboard: questions with visible answers, and passphrases, which are shown nowhere. The line editor stays from the
// first question to the end, so that nothing typed meanwhile is shown or lost; it also takes Ctrl-C from the system, and gives it back.
import { createInterface, type Interface } from "node:readline";
import { type Readable, Writable } from "node:stream";
import { PkiFailure } from "./pki-failure.ts";

export interface Terminal {
  /** The answer, without white space at its ends. */
  ask(question: string): Promise<string>;
  /** The answer as typed, not shown. */
  askHidden(question: string): Promise<string>;
  close(): void;
}

/** Undefined where there is nobody to ask: input or output is no terminal. On standard error: what a command gives out can be redirected. */
export function openTerminal(): Terminal | undefined {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  // To the whole group, as the system would have: what a command started must not outlive it. 0 is the own group.
  return terminalOn(process.stdin, process.stderr, () => void process.kill(0, "SIGINT"));
}

/** `interrupt`: Ctrl-C where nothing was asked. */
export function terminalOn(input: Readable, output: Writable, interrupt: () => void): Terminal {
  return new LineTerminal(input, output, interrupt);
}

interface Waiting {
  readonly resolve: (answer: string) => void;
  readonly reject: (error: PkiFailure) => void;
}

class LineTerminal implements Terminal {
  readonly #input: Readable;
  readonly #output: Writable;
  readonly #interrupt: () => void;
  /** Lines that were typed or pasted before they were asked for. */
  readonly #early: string[] = [];
  #lines: Interface | undefined;
  #waiting: Waiting | undefined;
  #closed = false;
  #shown = false;

  constructor(input: Readable, output: Writable, interrupt: () => void) {
    this.#input = input;
    this.#output = output;
    this.#interrupt = interrupt;
  }

  async ask(question: string): Promise<string> {
    this.#shown = true;
    try {
      return (await this.#answer(question)).trim();
    } finally {
      this.#shown = false;
    }
  }

  async askHidden(question: string): Promise<string> {
    this.#output.write(question);
    try {
      return await this.#answer("");
    } finally {
      this.#output.write("\n");
    }
  }

  close(): void {
    this.#lines?.close();
  }

  #answer(question: string): Promise<string> {
    this.#lines ??= this.#open();
    const lines = this.#lines;
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new PkiFailure("cancelled"));
      const early = this.#early.shift();
      if (early !== undefined) {
        if (this.#shown) this.#output.write(`${question}\n`);
        return resolve(early);
      }
      this.#waiting = { resolve, reject };
      lines.setPrompt(question);
      // With what of the answer was typed before.
      lines.prompt(true);
    });
  }

  #open(): Interface {
    const write = (chunk: Buffer, _encoding: string, done: () => void): void => {
      if (this.#shown) this.#output.write(chunk);
      done();
    };
    const lines = createInterface({ input: this.#input, output: new Writable({ write }), terminal: true, historySize: 0 });
    const cancel = () => this.#take()?.reject(new PkiFailure("cancelled"));
    lines.on("line", (line) => {
      const waiting = this.#take();
      if (waiting === undefined) this.#early.push(line);
      else waiting.resolve(line);
    });
    lines.on("SIGINT", () => {
      const asked = this.#waiting !== undefined;
      // Gives the terminal back its own ways, and cancels.
      lines.close();
      if (!asked) this.#interrupt();
    });
    lines.on("close", () => {
      this.#closed = true;
      cancel();
    });
    return lines;
  }

  #take(): Waiting | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting;
  }
}
