/** The arrows of ARCHITECTURE.md section 2, and the calls the core may not make. */

import { readdirSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');

/**
 * Folder -> what it may import beside itself: a folder, or one file of it (a contract). Whoever adds an arrow
 * changes the picture in ARCHITECTURE.md with it.
 */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  'src/machinery': [],
  'src/ports.ts': ['src/machinery'],
  'src/kinds': ['src/machinery', 'src/auth/identity.ts'],
  'src/store': ['src/ports.ts', 'src/machinery', 'migrations/cluster'],
  'src/registry': ['src/store', 'src/kinds', 'src/machinery', 'src/auth/identity.ts'],
  'src/auth': ['src/store/reader.ts', 'src/kinds', 'src/machinery'],
  'src/exercise': ['src/api/contract.ts', 'src/auth', 'src/kinds', 'src/machinery', 'src/store/reader.ts'],
  'src/admission': [
    'src/auth',
    'src/store/reader.ts',
    'src/kinds',
    'src/machinery',
    'src/registry/contract.ts',
  ],
  'src/audit': ['src/auth', 'src/machinery'],
  'src/api': [
    'src/audit',
    'src/registry',
    'src/auth',
    'src/kinds',
    'src/store/reader.ts',
    // A watch reads the log itself, so it meets the store's own failure.
    'src/store/failures.ts',
    'src/machinery',
  ],
  'src/controllers': [
    'src/kinds',
    'src/machinery',
    'src/auth/identity.ts',
    'src/registry/contract.ts',
    'src/store/reader.ts',
  ],
  'src/scheduler': ['src/controllers/contract.ts', 'src/controllers/common', 'src/kinds', 'src/machinery'],
  'src/kubelet': [
    'src/controllers/contract.ts',
    'src/controllers/common',
    'src/kinds',
    'src/machinery',
    'src/process',
    'src/network',
  ],
  'src/process': ['src/machinery'],
  'src/network': ['src/machinery', 'src/kinds'],
  'src/time': [
    'src/store/reader.ts',
    'src/store/log-tail.ts',
    'src/controllers/contract.ts',
    'src/kinds/define.ts',
    'src/ports.ts',
    'src/machinery',
  ],
  'src/cluster': [
    'src/api',
    'src/exercise',
    'src/audit',
    'src/controllers',
    'src/scheduler',
    'src/kubelet',
    'src/time',
    'src/registry',
    'src/auth',
    'src/admission',
    'src/kinds',
    'src/store',
    'src/ports.ts',
    'src/machinery',
  ],
  'src/platform': [
    'src/ports.ts',
    'src/machinery',
    'src/exercise',
    'src/auth/identity.ts',
    'src/auth/service-account-names.ts',
    'catalogue',
    'src/cluster/contract.ts',
    'src/controllers/contract.ts',
    // The issuer of users' tokens: clusters judge what the platform signs.
    'src/auth/user-tokens.ts',
    'durable-objects/rpc.ts',
  ],
  'src/edge': [
    'src/platform',
    'src/exercise/contract.ts',
    'src/machinery',
    'src/api/contract.ts',
    'src/auth/identity.ts',
    'durable-objects/rpc.ts',
  ],
  'durable-objects': [
    'src/cluster',
    'src/exercise/contract.ts',
    'src/api/contract.ts',
    'src/store/reader.ts',
    'src/time/arming.ts',
    'src/platform/expiry.ts',
    'src/platform/outbound-guard.ts',
    'src/platform/page.ts',
    'src/platform/sealing.ts',
    'src/platform/secrets.ts',
    'src/platform/webhooks',
    'src/ports.ts',
    'src/machinery',
  ],
  'src/index.ts': ['src/edge', 'durable-objects'],
  'migrations/cluster': ['src/ports.ts', 'migrations/checksums.json'],
};

const CORE = [
  'src/ports.ts',
  'src/machinery',
  'src/kinds',
  'src/store',
  'src/registry',
  'src/auth',
  'src/admission',
  'src/audit',
  'src/api',
  'src/controllers',
  'src/scheduler',
  'src/kubelet',
  'src/process',
  'src/network',
  'src/time',
  'src/exercise',
  'src/cluster',
  'migrations/cluster',
];

/** Packages that compute and nothing else: the only ones the core may use. */
const PURE_PACKAGES = [
  'yaml',
  'rfc6902',
  're2js',
  'ipaddr.js',
  '@noble/curves',
  '@noble/hashes',
  '@bufbuild/protobuf',
  '@marcbachmann/cel-js',
] as const;

/** Packages that know the platform or the network: at the edges only. */
const PLATFORM_PACKAGES: Readonly<Record<string, readonly string[]>> = {
  'src/edge': ['hono', 'zod', 'jose', 'yaml'],
  'src/platform': ['drizzle-orm', 'jose', 'yaml', 'zod'],
  'durable-objects': ['cloudflare:workers'],
};

const FORBIDDEN_CALLS: readonly (readonly [string, RegExp])[] = [
  ['Date.now', /\bDate\.now\b/],
  ['new Date()', /\bnew Date\(\s*\)/],
  ['performance.now', /\bperformance\.now\b/],
  ['Math.random', /\bMath\.random\b/],
  ['crypto.randomUUID', /\brandomUUID\b/],
  ['crypto.getRandomValues', /\bgetRandomValues\b/],
  ['setTimeout', /\bsetTimeout\b/],
  ['setInterval', /\bsetInterval\b/],
  ['queueMicrotask', /\bqueueMicrotask\b/],
  ['async', /\basync\b/],
  ['await', /\bawait\b/],
  ['Promise', /\bPromise\b/],
];

/** The one core file that may await: it calls users' admission webhooks. */
const MAY_AWAIT = 'src/api/handle.ts';

const listSources = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return listSources(path);
    return path.endsWith('.ts') && !path.endsWith('.test.ts') && !path.endsWith('.d.ts') ? [path] : [];
  });

const SOURCES = ['src', 'durable-objects', 'migrations'].flatMap(listSources);

const isWithin = (path: string, place: string): boolean => path === place || path.startsWith(`${place}/`);

const folderOf = (path: string): string => {
  const folder = Object.keys(ARROWS).find((place) => isWithin(path, place));
  if (folder === undefined) throw new Error(`${path} lies in no folder that ARROWS knows`);
  return folder;
};

const readText = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** Targets of import and export declarations and of dynamic imports: paths from the root, or package names. */
const importsOf = (path: string): string[] => {
  const declaration = /^(?:import|export)\s(?:[^;'"`]*?\sfrom\s)?['"]([^'"]+)['"]|\bimport\('([^']+)'\)/gm;
  return Array.from(readText(path).matchAll(declaration), (match) => {
    const target = match[1] ?? match[2] ?? '';
    return target.startsWith('.') ? normalize(join(path, '..', target)) : target;
  });
};

const isPackage = (target: string): boolean =>
  !target.startsWith('src/') && !/^[a-z-]+\/.*\.(?:ts|json)$/.test(target);

const isPart = (target: string, name: string): boolean => target === name || target.startsWith(`${name}/`);

const mayImport = (path: string, target: string): boolean => {
  const folder = folderOf(path);
  if (isPackage(target)) {
    const allowed = CORE.includes(folder) ? PURE_PACKAGES : (PLATFORM_PACKAGES[folder] ?? []);
    return allowed.some((name) => isPart(target, name));
  }
  return isWithin(target, folder) || (ARROWS[folder] ?? []).some((place) => isWithin(target, place));
};

/** The code without comments and quoted texts. */
const codeOf = (path: string): string =>
  readText(path)
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g, "''")
    .replace(/\/\/.*$/gm, '');

describe('boundaries', () => {
  it('imports follow the arrows', () => {
    const wrong = SOURCES.flatMap((path) =>
      importsOf(path)
        .filter((target) => !mayImport(path, target))
        .map((target) => `${path} -> ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('the core reads no clock, rolls no dice, starts no timer and waits for nothing', () => {
    const wrong = SOURCES.filter((path) => CORE.includes(folderOf(path)) && path !== MAY_AWAIT).flatMap(
      (path) => {
        const code = codeOf(path);
        return FORBIDDEN_CALLS.filter(([, pattern]) => pattern.test(code)).map(
          ([name]) => `${path}: ${name}`,
        );
      },
    );
    expect(wrong).toEqual([]);
  });

  it('finds the imports it is meant to judge', () => {
    expect(importsOf('src/index.ts')).toEqual([
      'src/edge/app.ts',
      'src/edge/env.ts',
      'durable-objects/cluster-object.ts',
      'durable-objects/courier.ts',
    ]);
    expect(mayImport('src/machinery/time.ts', 'node:fs')).toBe(false);
    expect(mayImport('src/controllers/deployment.ts', 'src/store/store.ts')).toBe(false);
  });
});
