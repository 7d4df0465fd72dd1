// Exports as they are read: one event a line, sorted by chain, position and hash, so that any number of them is read side by side and one chain
// after the other, however large they are.
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import type { z } from "zod";
import { chainName, type ChainEvent, storedEvent } from "../../src/audit/chain.ts";
import { CommandFailure } from "../authenticator/command-failure.ts";

/** A line of an export. */
const exportedEvent = storedEvent.extend({ chain: chainName });
export type ExportedEvent = z.output<typeof exportedEvent>;

export const lineOf = ({ chain, position, hash, at, kind, detail }: ExportedEvent): string =>
  JSON.stringify({ chain, position, hash, at, kind, detail });

/** Undefined for what is no event. */
export function eventIn(line: string): ExportedEvent | undefined {
  return exportedEvent.safeParse(jsonIn(line)).data;
}

export function jsonIn(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Negative where the left one comes first, as D1 sorts them. */
export const compareEvents = (left: ExportedEvent, right: ExportedEvent): number =>
  compareText(left.chain, right.chain) || left.position - right.position || compareText(left.hash, right.hash);
const compareText = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

/** Every line with its number, from 1. Throws a CommandFailure for a file that cannot be read. */
export async function* linesOf(file: string): AsyncGenerator<readonly [line: string, number: number]> {
  let number = 0;
  try {
    for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) yield [line, ++number];
  } catch (error) {
    throw new CommandFailure("file", `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** What of a line is no event goes to `complain`. Throws a CommandFailure for a file that is not sorted. */
export async function* eventsOf(file: string, complain: (text: string) => void): AsyncGenerator<ExportedEvent> {
  let last: ExportedEvent | undefined;
  for await (const [line, number] of linesOf(file)) {
    const event = eventIn(line);
    if (event === undefined) {
      complain(`${file}, line ${number}: this is no event`);
      continue;
    }
    if (last !== undefined && compareEvents(last, event) > 0) {
      throw new CommandFailure(
        "not_sorted",
        `${file}, line ${number}: an export is sorted, and this file is not: lines were moved`,
      );
    }
    yield (last = event);
  }
}

/** Every chain of all files with its events, one chain after the other, sorted by their names. */
export async function* chainsOf(
  files: readonly string[],
  complain: (text: string) => void,
): AsyncGenerator<{ readonly chain: string; readonly events: readonly ChainEvent[] }> {
  const readers = files.map((file) => eventsOf(file, complain));
  const next = async (reader: AsyncGenerator<ExportedEvent>) => (await reader.next()).value as ExportedEvent | undefined;
  const heads = await Promise.all(readers.map(next));
  for (;;) {
    const names = heads.flatMap((event) => (event === undefined ? [] : [event.chain]));
    const [chain] = names.toSorted(compareText);
    if (chain === undefined) return;
    const events: ChainEvent[] = [];
    for (const [index, reader] of readers.entries()) {
      for (let event = heads[index]; event?.chain === chain; event = heads[index]) {
        const { position, hash, at, kind, detail } = event;
        events.push({ position, hash, at, kind, detail });
        heads[index] = await next(reader);
      }
    }
    yield { chain, events };
  }
}
