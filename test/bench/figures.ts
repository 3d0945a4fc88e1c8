// Figures, and how they are printed.

/** One figure of a run. */
export interface Figure {
  /** Stable name: "cpu.compact.fused_ratio". */
  readonly name: string;
  /** Median of the runs. */
  readonly value: number;
  readonly unit: string;
  /** At most this, where something is promised. */
  readonly target: number | null;
  /** Whether it is; null where nothing is promised. */
  readonly met: boolean | null;
  readonly min: number;
  readonly max: number;
}

/** Makes a figure of the values of several runs. */
export function figure(name: string, values: readonly number[], unit: string, target: number | null = null): Figure {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const value =
    sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
  return {
    name,
    value,
    unit,
    target,
    met: target === null ? null : value <= target,
    min: sorted[0] ?? 0,
    max: sorted.at(-1) ?? 0,
  };
}

/** A figure of what all runs brought together, with the range of the runs. */
export function pooledFigure(
  name: string,
  pooled: number,
  runs: readonly number[],
  unit: string,
  target: number | null = null,
): Figure {
  return { ...figure(name, runs, unit, target), value: pooled, met: target === null ? null : pooled <= target };
}

/** The value below which the share `q` of the values is. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}

/** The figures as a table for a person. */
export function figureTable(figures: readonly Figure[]): string {
  const rows = figures.map((one) => [
    one.name,
    number(one.value),
    one.unit,
    `${number(one.min)} to ${number(one.max)}`,
    one.target === null ? '' : `at most ${one.target}`,
    one.met === null ? '' : one.met ? 'met' : 'MISSED',
  ]);
  return table([['figure', 'median', 'unit', 'range', 'target', ''], ...rows]);
}

/** Rows of texts under each other, as wide as they have to be. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** A number with as many digits as say something. */
export function number(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
