// The person at the keyboard: questions with visible answers, and passphrases, which are shown nowhere.
import { createInterface, type Interface } from "node:readline";
import { Writable } from "node:stream";
import { PkiFailure } from "./pki-failure.ts";

export interface Terminal {
  /** The answer, without white space at its ends. */
  ask(question: string): Promise<string>;
  /** The answer as typed, not shown. */
  askHidden(question: string): Promise<string>;
  close(): void;
}

/** Undefined where there is nobody to ask: input or output is no terminal. */
export function openTerminal(): Terminal | undefined {
  return process.stdin.isTTY && process.stderr.isTTY ? new TerminalOfProcess() : undefined;
}

/** On standard error, so that what a command gives out can be redirected. */
class TerminalOfProcess implements Terminal {
  #lines: Interface | undefined;
  #hidden = false;

  async ask(question: string): Promise<string> {
    return (await this.#answer(question)).trim();
  }

  async askHidden(question: string): Promise<string> {
    process.stderr.write(question);
    this.#hidden = true;
    try {
      return await this.#answer("");
    } finally {
      this.#hidden = false;
      process.stderr.write("\n");
    }
  }

  close(): void {
    this.#lines?.close();
  }

  #answer(question: string): Promise<string> {
    this.#lines ??= createInterface({ input: process.stdin, output: this.#output(), terminal: true, historySize: 0 });
    const lines = this.#lines;
    return new Promise((resolve, reject) => {
      const cancel = () => reject(new PkiFailure("cancelled"));
      lines.once("SIGINT", cancel).once("close", cancel);
      lines.question(question, (answer) => {
        lines.off("SIGINT", cancel).off("close", cancel);
        resolve(answer);
      });
    });
  }

  /** What the line editor echoes, unless it must not be seen. */
  #output(): Writable {
    const write = (chunk: Buffer, _encoding: string, done: () => void): void => {
      if (!this.#hidden) process.stderr.write(chunk);
      done();
    };
    return new Writable({ write });
  }
}
