/** Measuring: what every benchmark shares. Times are milliseconds, rates are per second. */

export interface Row {
  /** Stable name: `bench/results.json` is compared by it. */
  readonly name: string;
  readonly unit: 'ms' | 'per s' | 'MB' | 'rows' | 'µs';
  readonly value: number;
  /** What a real 1.36 control plane does on the same kind of machine, where known. */
  readonly reference?: number;
  readonly target?: number;
}

const sorted = (values: readonly number[]): readonly number[] => [...values].sort((a, b) => a - b);

/** The value below which the fraction of the values lies. */
export const percentile = (values: readonly number[], fraction: number): number => {
  const order = sorted(values);
  return order[Math.min(order.length - 1, Math.floor(fraction * order.length))] ?? 0;
};

export const median = (values: readonly number[]): number => percentile(values, 0.5);

/** Milliseconds a piece of work takes. */
export const timed = async (work: () => unknown): Promise<number> => {
  const start = performance.now();
  await work();
  return performance.now() - start;
};

/** Calls per second: `total` calls, at most `concurrency` under way. `work` gets the number of its call. */
export const rate = async (
  total: number,
  concurrency: number,
  work: (index: number) => unknown,
): Promise<number> => {
  let next = 0;
  const lane = async () => {
    for (let index = next++; index < total; index = next++) await work(index);
  };
  const elapsed = await timed(() => Promise.all(Array.from({ length: concurrency }, lane)));
  return (total * 1000) / elapsed;
};

const digits = (value: number): string =>
  value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);

/** The table as text. `last` holds the figures of the run before, by name. */
export const printTable = (rows: readonly Row[], last: ReadonlyMap<string, number>): string => {
  const lines = rows.map((row) => {
    const before = last.get(row.name);
    const change =
      before === undefined || before === 0 ? '' : `${(((row.value - before) / before) * 100).toFixed(0)}%`;
    const reference = row.reference === undefined ? '' : digits(row.reference);
    const target = row.target === undefined ? '' : digits(row.target);
    return [row.name, digits(row.value), row.unit, reference, target, change];
  });
  const table = [['benchmark', 'value', 'unit', 'real 1.36', 'target', 'change'], ...lines];
  const widths =
    table[0]?.map((_, column) => Math.max(...table.map((line) => line[column]?.length ?? 0))) ?? [];
  return table
    .map((line) =>
      line
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  '),
    )
    .join('\n');
};
