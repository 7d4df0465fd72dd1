// What the operating system says about the state folder, in words for the person at the keyboard.
import { StartFailure } from "./start-failure.ts";

/** Throws StartFailure where the folder cannot be read or written. */
export function onDisk<Value>(folder: string, action: () => Value): Value {
  try {
    return action();
  } catch (error) {
    throw diskFailure(folder, error);
  }
}

/** What to throw instead of an error of a file operation; any other error as it is. */
export function diskFailure(folder: string, error: unknown): unknown {
  const code = errorCode(error);
  if (code === undefined) return error;
  const reasons: Record<string, string> = { EACCES: "permission denied", EROFS: "read-only", ENOSPC: "disk full" };
  const reason = reasons[code] ?? (code === "ENOTDIR" || code === "EEXIST" ? "not a folder" : code);
  return new StartFailure(`cannot use the state folder ${folder} (${reason}): choose another with --state`);
}

export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}
