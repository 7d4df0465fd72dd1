// A command that did not do what it was asked for: what the person at the keyboard reads, what a program reads, and the exit code.

/** 1: said no, by the server or by the state of things. 2: called wrongly. 3: no answer, or no proper one. */
export type ExitCode = 1 | 2 | 3;

export class CommandFailure extends Error {
  /** Stable, for programs. */
  readonly code: string;
  readonly exitCode: ExitCode;
  /** Fields that go with the code, for programs. */
  readonly details: object;

  constructor(code: string, message: string, exitCode: ExitCode = 1, details: object = {}) {
    super(message);
    this.code = code;
    this.exitCode = exitCode;
    this.details = details;
  }
}

export const usageFailure = (message: string): CommandFailure => new CommandFailure("usage", message, 2);
