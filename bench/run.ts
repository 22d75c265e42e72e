import { readFileSync, writeFileSync } from 'node:fs';
import { accessBenchmarks } from './access.ts';
import { apiBenchmarks } from './api.ts';
import { coreBenchmarks } from './core.ts';
import { credentialBenchmarks } from './credentials.ts';
import { environmentBenchmarks } from './environments.ts';
import { printTable, type Row } from './measure.ts';
import { serverBenchmarks } from './server.ts';
import { tenantBenchmarks } from './tenants.ts';
import { workloadBenchmarks } from './workloads.ts';

/** `npm run bench [-- core|workloads|api|access|credentials|server|environments|tenants]`: prints the table and writes `bench/results.json`. */

const FILE = new URL('./results.json', import.meta.url);

const readLast = (): readonly Row[] => {
  try {
    return JSON.parse(readFileSync(FILE, 'utf8')) as Row[];
  } catch {
    return [];
  }
};

const suites = {
  core: coreBenchmarks,
  workloads: workloadBenchmarks,
  api: apiBenchmarks,
  access: accessBenchmarks,
  credentials: credentialBenchmarks,
  server: serverBenchmarks,
  environments: environmentBenchmarks,
  tenants: tenantBenchmarks,
} as const;
const wanted = process.argv.slice(2);
const last = readLast();
const rows: Row[] = [];
for (const [name, suite] of Object.entries(suites)) {
  if (wanted.length === 0 || wanted.includes(name)) rows.push(...(await suite()));
}
const known = new Map(last.map((row) => [row.name, row.value]));
process.stdout.write(`${printTable(rows, known)}\n`);
const measured = new Set(rows.map((row) => row.name));
const merged = [...rows, ...last.filter((row) => !measured.has(row.name))];
writeFileSync(FILE, `${JSON.stringify(merged, null, 2)}\n`);
