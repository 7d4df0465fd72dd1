// Who is to kill a process over a certain write must be told of it before that process has gone on. Where the system allows it.
import { constants, setPriority } from "node:os";

const { PRIORITY_HIGH, PRIORITY_NORMAL } = constants.priority;

/** This process, from here on. What it starts would come first, too. */
export const comeFirst = (): void => set(0, PRIORITY_HIGH);

export const comeAsUsual = (processId: number | undefined): void => {
  if (processId !== undefined) set(processId, PRIORITY_NORMAL);
};

function set(processId: number, priority: number): void {
  try {
    setPriority(processId, priority);
  } catch {
    // Not allowed: more kills come too late.
  }
}
