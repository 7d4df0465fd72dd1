// What the local runtime prints while it starts, held back: a start that fails says why in one line of its own.

export interface HeldOutput {
  /** Prints what was held back, and everything from now on. Idempotent. */
  readonly pass: () => void;
  /** Throws away what was held back, and prints everything from now on. */
  readonly discard: () => void;
}

/** Holds back everything that this process prints. */
export function holdOutput(): HeldOutput {
  const held: (() => void)[] = [];
  const streams = [process.stdout, process.stderr].map((stream) => ({ stream, print: stream.write.bind(stream) }));
  for (const { stream, print } of streams) {
    stream.write = (chunk: string | Uint8Array, ...more: unknown[]) => {
      held.push(() => void print(chunk));
      const done = more.find((parameter) => typeof parameter === "function");
      if (done !== undefined) queueMicrotask(done as () => void);
      return true;
    };
  }
  const restore = () => {
    for (const { stream, print } of streams) stream.write = print;
  };
  return {
    pass: () => {
      restore();
      for (const print of held.splice(0)) print();
    },
    discard: () => {
      restore();
      held.length = 0;
    },
  };
}
