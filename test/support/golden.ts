import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** The text of a recorded file in test/golden; `.gz` files are unpacked. */
export const readGoldenText = (name: string): string => {
  const bytes = readFileSync(new URL(`../golden/${name}`, import.meta.url));
  return (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
};

/** A recorded JSON file. */
export const readGoldenJson = <Value>(name: string): Value => JSON.parse(readGoldenText(name)) as Value;

/** The cases of a recorded JSON-lines file. */
export const readGoldenLines = <Value>(name: string): Value[] =>
  readGoldenText(name)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Value);
