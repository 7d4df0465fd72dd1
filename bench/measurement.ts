// Samples, their medians, and the table that the benchmarks print. Figures are for reading: nothing is asserted.

/** Milliseconds, one for each run. */
export type Samples = readonly number[];

export interface Floor {
  readonly name: string;
  readonly samples: Samples;
}

export interface Row {
  readonly what: string;
  readonly samples: Samples;
  /** What it is held against, measured in the same run and the same runtime; undefined for the floors themselves. */
  readonly floor?: Floor;
  /** Counted, where several were under way at once; undefined where they came one after the other. */
  readonly perSecond?: number;
}

export interface Section {
  readonly title: string;
  readonly rows: readonly Row[];
  /** Where there are enough samples for a 99th percentile. */
  readonly hasTail?: boolean;
  /** Figures that are no times, a sentence each. */
  readonly remarks?: readonly string[];
}

export function percentile(samples: Samples, share: number): number {
  const sorted = samples.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const median = (samples: Samples): number => percentile(samples, 0.5);

/** Milliseconds that it took, and what came of it. */
export async function timed<Value>(
  work: () => Promise<Value> | Value,
): Promise<{ readonly milliseconds: number; readonly value: Value }> {
  const start = performance.now();
  const value = await work();
  return { milliseconds: performance.now() - start, value };
}

/** One after the other; the first `warmUp` runs do not count. */
export async function sample(runs: number, work: () => unknown, warmUp = 3): Promise<Samples> {
  const samples: number[] = [];
  for (let run = -warmUp; run < runs; run++) {
    const { milliseconds } = await timed(work);
    if (run >= 0) samples.push(milliseconds);
  }
  return samples;
}

/** The same of several works in turns, so that a disturbance, and a compiler that comes late, meet all of them alike. */
export async function sampleInTurns(
  runs: number,
  works: readonly (() => unknown)[],
  warmUp: number,
): Promise<readonly Samples[]> {
  const samples = works.map((): number[] => []);
  for (let run = -warmUp; run < runs; run++) {
    for (const [index, work] of works.entries()) {
      const { milliseconds } = await timed(work);
      if (run >= 0) samples[index]?.push(milliseconds);
    }
  }
  return samples;
}

/** `per second`: as counted, or one after the other, from the median. */
const HEADER = ["", "median ms", "p95 ms", "per second", "ratio", "of"] as const;
const HEADER_WITH_TAIL = ["", "median ms", "p95 ms", "p99 ms", "per second", "ratio", "of"] as const;

const headerOf = ({ hasTail = false }: Section): readonly string[] => (hasTail ? HEADER_WITH_TAIL : HEADER);

function cells({ what, samples, floor, perSecond }: Row, hasTail = false): readonly string[] {
  const ratio = floor === undefined ? "" : (median(samples) / median(floor.samples)).toFixed(2);
  const typical = median(samples);
  const rate = perSecond ?? 1000 / typical;
  const shares = hasTail ? [0.5, 0.95, 0.99] : [0.5, 0.95];
  const figures = [...shares.map((share) => percentile(samples, share).toFixed(1)), rate.toFixed(rate < 10 ? 1 : 0)];
  return [what, ...figures, ratio, floor?.name ?? "(a floor)"];
}

export function textTable(sections: readonly Section[]): string {
  const tables = sections.map((section) => ({
    ...section,
    lines: [headerOf(section), ...section.rows.map((row) => cells(row, section.hasTail))],
  }));
  // Sections of one shape stand under one another.
  const widthOf = (column: number, columns: number): number =>
    Math.max(
      ...tables.flatMap(({ lines }) => lines.filter(({ length }) => length === columns).map((row) => row[column]?.length ?? 0)),
    );
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => {
        const width = widthOf(column, row.length);
        return column === 0 || column === row.length - 1 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("  ");
  return tables
    .map(({ title, lines, remarks = [] }) => [title, ...lines.map(line), ...remarks].map((text) => text.trimEnd()).join("\n"))
    .join("\n\n");
}

export function markdownTable(sections: readonly Section[]): string {
  const line = (row: readonly string[]) => `| ${row.join(" | ")} |`;
  return sections
    .map((section) => {
      const { title, rows, hasTail, remarks = [] } = section;
      const header = headerOf(section);
      const rule = header.map((_, column) => (column === 0 || column === header.length - 1 ? "---" : "---:"));
      return [
        `**${title}**`,
        "",
        line(header),
        line(rule),
        ...rows.map((row) => line(cells(row, hasTail))),
        ...(remarks.length === 0 ? [] : ["", ...remarks.map((remark) => `- ${remark}`)]),
      ].join("\n");
    })
    .join("\n\n");
}
