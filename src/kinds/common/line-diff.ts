/**
 * Unified diffs of two values as upstream shows them in refusals (apimachinery util/diff, which is a port of
 * Python's difflib): both as JSON with one space of indentation, three lines of context, no file header.
 */

interface Match {
  readonly a: number;
  readonly b: number;
  readonly size: number;
}

type Positions = ReadonlyMap<string, readonly number[]>;

/** Where each line of `b` stands; lines that are too frequent in a long text do not count. */
const positionsOf = (b: readonly string[]): Positions => {
  const positions = new Map<string, number[]>();
  b.forEach((line, index) => {
    const known = positions.get(line);
    if (known === undefined) positions.set(line, [index]);
    else known.push(index);
  });
  if (b.length < 200) return positions;
  const limit = Math.floor(b.length / 100) + 1;
  for (const [line, found] of positions) if (found.length > limit) positions.delete(line);
  return positions;
};

const longestMatch = (
  a: readonly string[],
  b: readonly string[],
  positions: Positions,
  [aLow, aHigh, bLow, bHigh]: readonly [number, number, number, number],
): Match => {
  let best: Match = { a: aLow, b: bLow, size: 0 };
  let lengths = new Map<number, number>();
  for (let i = aLow; i < aHigh; i += 1) {
    const next = new Map<number, number>();
    for (const j of positions.get(a[i] ?? '') ?? []) {
      if (j < bLow) continue;
      if (j >= bHigh) break;
      const size = (lengths.get(j - 1) ?? 0) + 1;
      next.set(j, size);
      if (size > best.size) best = { a: i - size + 1, b: j - size + 1, size };
    }
    lengths = next;
  }
  let { a: start, b: startB, size } = best;
  while (start > aLow && startB > bLow && a[start - 1] === b[startB - 1]) {
    start -= 1;
    startB -= 1;
    size += 1;
  }
  while (start + size < aHigh && startB + size < bHigh && a[start + size] === b[startB + size]) size += 1;
  return { a: start, b: startB, size };
};

const matchesOf = (a: readonly string[], b: readonly string[]): Match[] => {
  const positions = positionsOf(b);
  const found: Match[] = [];
  const queue: [number, number, number, number][] = [[0, a.length, 0, b.length]];
  for (let range = queue.pop(); range !== undefined; range = queue.pop()) {
    const [aLow, aHigh, bLow, bHigh] = range;
    const match = longestMatch(a, b, positions, range);
    if (match.size === 0) continue;
    found.push(match);
    if (aLow < match.a && bLow < match.b) queue.push([aLow, match.a, bLow, match.b]);
    if (match.a + match.size < aHigh && match.b + match.size < bHigh) {
      queue.push([match.a + match.size, aHigh, match.b + match.size, bHigh]);
    }
  }
  return found.sort((left, right) => left.a - right.a || left.b - right.b);
};

interface Change {
  readonly equal: boolean;
  readonly a: readonly [number, number];
  readonly b: readonly [number, number];
}

const changesOf = (a: readonly string[], b: readonly string[]): Change[] => {
  const changes: Change[] = [];
  let [i, j] = [0, 0];
  for (const match of [...matchesOf(a, b), { a: a.length, b: b.length, size: 0 }]) {
    if (i < match.a || j < match.b) changes.push({ equal: false, a: [i, match.a], b: [j, match.b] });
    i = match.a + match.size;
    j = match.b + match.size;
    if (match.size > 0) changes.push({ equal: true, a: [match.a, i], b: [match.b, j] });
  }
  return changes;
};

const CONTEXT = 3;

const tail = ({ a, b }: Change): Change => ({
  equal: true,
  a: [Math.max(a[0], a[1] - CONTEXT), a[1]],
  b: [Math.max(b[0], b[1] - CONTEXT), b[1]],
});

const head = ({ a, b }: Change): Change => ({
  equal: true,
  a: [a[0], Math.min(a[1], a[0] + CONTEXT)],
  b: [b[0], Math.min(b[1], b[0] + CONTEXT)],
});

/** Changes with their context, those near each other together. */
const hunksOf = (changes: readonly Change[]): Change[][] => {
  const hunks: Change[][] = [];
  let hunk: Change[] = [];
  changes.forEach((change, index) => {
    if (!change.equal) hunk.push(change);
    else if (index === 0) hunk.push(tail(change));
    else if (index === changes.length - 1) hunk.push(head(change));
    else if (change.a[1] - change.a[0] > CONTEXT * 2) {
      hunk.push(head(change));
      hunks.push(hunk);
      hunk = [tail(change)];
    } else hunk.push(change);
  });
  if (hunk.some((change) => !change.equal)) hunks.push(hunk);
  return hunks;
};

const range = (start: number, stop: number): string => {
  const length = stop - start;
  if (length === 1) return String(start + 1);
  return `${length === 0 ? start : start + 1},${length}`;
};

const printHunk = (a: readonly string[], b: readonly string[], hunk: readonly Change[]): string => {
  const first = hunk[0];
  const last = hunk[hunk.length - 1];
  if (first === undefined || last === undefined) return '';
  const lines = [`@@ -${range(first.a[0], last.a[1])} +${range(first.b[0], last.b[1])} @@`];
  for (const change of hunk) {
    if (change.equal) lines.push(...a.slice(...change.a).map((line) => ` ${line}`));
    else {
      lines.push(...a.slice(...change.a).map((line) => `-${line}`));
      lines.push(...b.slice(...change.b).map((line) => `+${line}`));
    }
  }
  return lines.map((line) => `${line}\n`).join('');
};

const linesOf = (value: unknown): string[] =>
  JSON.stringify(value, null, 1)
    .replace(/[<>&]/g, (mark) => `\\u00${mark.charCodeAt(0).toString(16)}`)
    .split('\n');

/** The diff of two JSON values; '' when they print alike. */
export const jsonDiff = (old: unknown, next: unknown): string => {
  const [a, b] = [linesOf(old), linesOf(next)];
  return hunksOf(changesOf(a, b))
    .map((hunk) => printHunk(a, b, hunk))
    .join('');
};
