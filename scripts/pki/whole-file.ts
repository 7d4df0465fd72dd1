// Files that are there whole or not at all, also after a crash, and on the disk when the call returns.
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { randomBytes } from "node:crypto";
import { PkiFailure } from "./pki-failure.ts";

const PRIVATE = 0o600;

/** Takes the place of what is there. */
export function replaceFile(file: string, content: string | Uint8Array, mode = PRIVATE): void {
  const temporary = `${file}.${randomBytes(4).toString("hex")}.new`;
  saying(file, () => {
    try {
      writeThrough(temporary, content, mode);
      renameSync(temporary, file);
      syncFolder(dirname(file));
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  });
}

/** PkiFailure where there is something: keys are never overwritten. */
export function addFile(file: string, content: string): void {
  if (existsSync(file)) throw new PkiFailure(`${file} exists already, and is not overwritten`);
  replaceFile(file, content);
}

export function writeThrough(file: string, content: string | Uint8Array, mode = PRIVATE): void {
  const descriptor = openSync(file, "wx", mode);
  try {
    // Goes on after a short write, unlike writeSync.
    writeFileSync(descriptor, content);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** So that the name lasts as well. Not every file system of a memory stick can do it. */
export function syncFolder(folder: string): void {
  try {
    const descriptor = openSync(folder, "r");
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // What can be done was done.
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "read-only",
  ENOSPC: "disk full",
  EEXIST: "something is there already",
  ENOTEMPTY: "it is not empty",
  ENOTDIR: "a part of the path is no folder",
  EISDIR: "it is a folder",
};

/** What the operating system says about a path, as a PkiFailure. */
export function saying<Value>(path: string, action: () => Value): Value {
  try {
    return action();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === undefined || !(error instanceof Error) || !("syscall" in error)) throw error;
    throw new PkiFailure(`cannot use ${path}: ${REASONS[code] ?? code}`);
  }
}
