/** The guides are true: their shell blocks run as they stand, and print what they say. */

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findKubectls } from './support/kubectl.ts';
import { freePort, makeHome, removeHome, startServer } from './support/server.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Guides whose blocks are run, each as one shell session from its beginning to its end. */
const GUIDES = ['docs/quick-start.md', 'docs/control-api.md', 'docs/cli.md'];

/** A shell block, and what the block after it says it prints. */
interface Step {
  readonly script: string;
  readonly expected: string | undefined;
  readonly form: 'text' | 'json';
}

const BLOCKS = /^```(\w+)\n([\s\S]*?)^```$/gm;

/** The shell blocks of a guide; a `text` or `json` block that follows is the output of the one before. */
const stepsOf = (guide: string): readonly Step[] => {
  const blocks = Array.from(guide.matchAll(BLOCKS), ([, language = '', body = '']) => ({ language, body }));
  return blocks.flatMap(({ language, body }, index) => {
    if (language !== 'sh') return [];
    const next = blocks[index + 1];
    const isOutput = next?.language === 'text' || next?.language === 'json';
    return [
      {
        script: body,
        expected: isOutput ? next.body.trim() : undefined,
        form: next?.language === 'json' ? 'json' : 'text',
      } as const,
    ];
  });
};

/** What a guide says of an output, as a pattern: `…` stands for anything within a line. */
const patternOf = (expected: string): RegExp =>
  new RegExp(`^${expected.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('…', '.*')}$`);

const SEPARATOR = '== the next block ==';

/** Runs all blocks in one shell; what each printed. */
const runAll = (steps: readonly Step[], folder: string, port: string): Promise<readonly string[]> =>
  new Promise((resolve, reject) => {
    const script = steps
      .map((step) => `${step.script.replaceAll('127.0.0.1:8443', `127.0.0.1:${port}`)}\necho '${SEPARATOR}'`)
      .join('\n');
    // As in a checkout: `npx kubicle` is the command line of this one.
    const npx = `npx() { shift; node ${JSON.stringify(join(ROOT, 'scripts/kubicle.ts'))} "$@"; }`;
    const [kubectl] = findKubectls().slice(-1);
    const env = {
      ...process.env,
      KUBECTL: kubectl?.path ?? '',
      KUBICLE_HOME: join(folder, '.kubicle'),
      KUBICLE_CONFIG: join(folder, 'config.json'),
    };
    const options = { cwd: folder, env, maxBuffer: 16 * 1024 * 1024 };
    const shell = execFile(
      'bash',
      ['-eu', '-c', `${npx}\nkubectl() { "$KUBECTL" "$@"; }\n${script}`],
      options,
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout.split(`${SEPARATOR}\n`).map((printed) => printed.trim()));
        else reject(new Error(`${error.message}\n--- printed\n${stdout}\n--- errors\n${stderr}`));
      },
    );
    shell.stdin?.end();
  });

const judge = (printed: string, { expected, form }: Step, port: string): void => {
  if (expected === undefined) return;
  const shown = printed.replaceAll(`127.0.0.1:${port}`, '127.0.0.1:8443');
  const compact = (value: string) => (form === 'json' ? JSON.stringify(JSON.parse(value)) : value);
  expect(compact(shown)).toMatch(patternOf(compact(expected)));
};

describe.each(GUIDES)('%s', (path) => {
  it('is true', async () => {
    const steps = stepsOf(readFileSync(join(ROOT, path), 'utf8'));
    expect(steps.length).toBeGreaterThan(2);
    const home = makeHome();
    const port = await freePort();
    const server = await startServer(home, port);
    const folder = mkdtempSync(join(tmpdir(), 'kubicle-docs-'));
    symlinkSync(home, join(folder, '.kubicle'));
    try {
      const printed = await runAll(steps, folder, String(port));
      for (const [index, step] of steps.entries()) judge(printed[index] ?? '', step, String(port));
    } finally {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
      removeHome(home);
    }
  });
});

it('sees what a guide says wrongly', () => {
  const [step] = stepsOf('```sh\necho 1\n```\n\n```text\nid…7\n```\n');
  expect(step).toEqual({ script: 'echo 1\n', expected: 'id…7', form: 'text' });
  if (step === undefined) throw new Error('no step');
  judge('id12347', step, '1');
  expect(() => judge('id12348', step, '1')).toThrow();
});
