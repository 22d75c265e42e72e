import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildDescriptions } from '../build-descriptions.ts';

/** The bundled modules of the local server, as files in `dist/`. */
export interface Bundles {
  readonly worker: string;
  readonly platformDatabase: string;
  /** Directory of static files. */
  readonly assets: string;
}

type Stamps = Readonly<Record<string, number>>;

const stampOf = (path: string): number => (existsSync(path) ? statSync(path).mtimeMs : -1);

const isCurrent = (stampsFile: string, root: string): boolean => {
  if (!existsSync(stampsFile)) return false;
  const stamps = JSON.parse(readFileSync(stampsFile, 'utf8')) as Stamps;
  return Object.entries(stamps).every(([path, stamp]) => stampOf(join(root, path)) === stamp);
};

/**
 * Bundles the Worker and the local platform database into `dist/` and makes the static files. Does nothing when no input changed since the
 * last time, judged by modification times of all files that went in.
 */
export const bundle = async (root: string): Promise<Bundles> => {
  const dist = join(root, 'dist');
  const bundles: Bundles = {
    worker: join(dist, 'worker.js'),
    platformDatabase: join(dist, 'platform-database.js'),
    assets: join(dist, 'assets'),
  };
  const stampsFile = join(dist, 'inputs.json');
  if (existsSync(bundles.worker) && existsSync(bundles.platformDatabase) && isCurrent(stampsFile, root)) {
    return bundles;
  }
  mkdirSync(dist, { recursive: true });
  // Loaded only when there is something to bundle: the supervisor stays small.
  const { build, stop } = await import('esbuild');
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { worker: 'src/index.ts', 'platform-database': 'durable-objects/platform-database.ts' },
    outdir: dist,
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    loader: { '.sql': 'text', '.yaml': 'text' },
    minifyWhitespace: true,
    keepNames: false,
    metafile: true,
    logLevel: 'warning',
  });
  await stop();
  buildDescriptions(join(bundles.assets, 'descriptions.json'));
  const inputs = [
    ...Object.keys(metafile.inputs),
    'package-lock.json',
    'scripts/build-descriptions.ts',
    'scripts/local/bundle.ts',
  ];
  const stamps: Stamps = Object.fromEntries(inputs.map((path) => [path, stampOf(join(root, path))]));
  writeFileSync(stampsFile, JSON.stringify(stamps));
  return bundles;
};
