import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseSpan } from './command.ts';
import { COMMANDS } from './commands.ts';
import { findConnection, readSaved, requireConnection, save } from './connection.ts';
import { printTable } from './print.ts';
import { run } from './run.ts';

let home = '';
let environment: Record<string, string> = {};

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'kubicle-cli-'));
  environment = { KUBICLE_HOME: join(home, 'state'), XDG_CONFIG_HOME: join(home, 'config') };
});

afterEach(() => rmSync(home, { recursive: true, force: true }));

describe('the command line', () => {
  it('has a help for everything, in which every option is named', async () => {
    for (const { name, options = {} } of COMMANDS) {
      const { exitCode, output } = await run([...name.split(' '), '--help'], environment);
      expect(exitCode).toBe(0);
      for (const option of ['output', 'server', ...Object.keys(options)])
        expect(output).toContain(`--${option}`);
    }
    const { exitCode, output } = await run([], environment);
    expect(exitCode).toBe(0);
    for (const { name } of COMMANDS) expect(output).toContain(`  ${name} `);
    expect((await run(['env', '--help'], environment)).output).not.toContain('cluster create');
  });

  it('gives no option two meanings', () => {
    for (const { name, options = {} } of COMMANDS) {
      const shorts = Object.values(options).flatMap(({ short }) => (short === undefined ? [] : [short]));
      expect([name, [...shorts, 'o', 'h']]).toEqual([name, [...new Set([...shorts, 'o', 'h'])]]);
    }
    const names = COMMANDS.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
  });

  it.each([
    ['no command', ['frobnicate'], 'no command'],
    ['an argument that is missing', ['cluster', 'get'], 'CLUSTER is missing'],
    ['an argument too many', ['whoami', 'x'], 'unexpected "x"'],
    ['an unknown option', ['cluster', 'list', '--frob'], '--frob'],
    ['an unknown form', ['cluster', 'list', '-o', 'xml'], 'table or json'],
  ])('refuses %s', async (_name, args, message) => {
    const { exitCode, output, error } = await run(args, environment);
    expect([exitCode, output]).toEqual([2, '']);
    expect(error).toContain(message);
  });

  it('shows a group that was named without a command', async () => {
    const { exitCode, output } = await run(['cluster'], environment);
    expect(exitCode).toBe(2);
    expect(output).toContain('cluster create');
  });

  it('says when nobody has logged in', async () => {
    const { exitCode, error } = await run(['cluster', 'list'], environment);
    expect([exitCode, error]).toEqual([
      3,
      'kubicle: no credentials for https://127.0.0.1:8443: run "kubicle login"\n',
    ]);
  });
});

describe('against a server', () => {
  let server: Server;
  let url = '';
  const asked: string[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers.authorization}`);
      if (request.url?.startsWith('/v1/clusters?')) {
        const isFirst = !request.url.includes('cursor=next');
        const items = [
          { id: isFirst ? 'c1' : 'c2', name: 'x', phase: 'Running', createdAt: 'now', expiresAt: null },
        ];
        response.end(JSON.stringify({ items, ...(isFirst ? { nextCursor: 'next' } : {}) }));
        return;
      }
      if (request.url === '/v1/templates/lint') {
        const problem = { path: 'tasks[0].id', message: 'is missing', line: 7 };
        const problems = [problem, problem, { path: '', message: 'no map' }];
        response.end(JSON.stringify({ ok: false, problems, trials: [] }));
        return;
      }
      response.statusCode = 400;
      const errors = [
        { path: 'nodes', message: 'too many' },
        { path: 'name', message: 'no label' },
      ];
      response.end(JSON.stringify({ title: 'Bad Request', detail: 'nodes: too many', errors }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.close();
  });

  it('reads lists to their end and prints them as asked', async () => {
    const env = { ...environment, KUBICLE_SERVER: url, KUBICLE_API_KEY: 'k' };
    const table = await run(['cluster', 'list'], env);
    expect(
      table.output
        .trim()
        .split('\n')
        .map((line) => line.split(/ {2,}/)),
    ).toEqual([
      ['ID', 'NAME', 'PHASE', 'CREATED', 'EXPIRES'],
      ['c1', 'x', 'Running', 'now', 'never'],
      ['c2', 'x', 'Running', 'now', 'never'],
    ]);
    const json = await run(['cluster', 'list', '-o', 'json'], env);
    expect((JSON.parse(json.output) as { items: unknown[] }).items).toHaveLength(2);
    expect(asked[0]).toBe('GET /v1/clusters?limit=200 Bearer k');
  });

  it('tells what is wrong with a template by line, and the same only once', async () => {
    const env = { ...environment, KUBICLE_SERVER: url, KUBICLE_API_KEY: 'k' };
    const { exitCode, output } = await run(['template', 'lint', 'package.json'], env);
    expect([exitCode, output]).toEqual([
      4,
      '  line 7: tasks[0].id: is missing\n  no map\npackage.json: not good\n',
    ]);
  });

  it('tells refusals place by place, and a server that is not there', async () => {
    const env = { ...environment, KUBICLE_SERVER: url, KUBICLE_API_KEY: 'k' };
    const refused = await run(['cluster', 'create', 'x'], env);
    expect(refused).toEqual({
      exitCode: 1,
      output: '',
      error: 'kubicle: Bad Request: nodes: too many\n  nodes: too many\n  name: no label\n',
    });
    const gone = await run(['whoami'], { ...env, KUBICLE_SERVER: 'http://127.0.0.1:1' });
    expect([gone.exitCode, gone.error]).toEqual([
      3,
      expect.stringContaining('cannot reach http://127.0.0.1:1'),
    ]);
  });
});

describe('credentials', () => {
  const saved = { server: 'https://kubicle.example.com', apiKey: 'saved', apiKeyId: 'key1' };

  it('are kept for their owner only', () => {
    const path = save(environment, saved);
    expect(path).toBe(join(home, 'config/kubicle/config.json'));
    expect(readSaved(environment)).toEqual(saved);
  });

  it('are sent to the server they belong to, and to no other', () => {
    save(environment, saved);
    const { KUBICLE_HOME: _, ...roaming } = environment;
    expect(findConnection(roaming, {})).toMatchObject({ server: saved.server, apiKey: 'saved' });
    const elsewhere = { server: 'https://evil.example.com' };
    expect(findConnection(roaming, elsewhere).apiKey).toBeUndefined();
    expect(() => requireConnection(roaming, elsewhere)).toThrow(
      'no credentials for https://evil.example.com',
    );
    expect(findConnection({ ...roaming, KUBICLE_API_KEY: 'mine' }, elsewhere).apiKey).toBe('mine');
  });

  it('that cannot be read are said to be so', () => {
    const path = save(environment, saved);
    writeFileSync(path, '{');
    expect(() => readSaved(environment)).toThrow('not readable');
  });
});

it.each([
  ['90', 90],
  ['90s', 90],
  ['15m', 900],
  ['1h30m', 5400],
  ['1d', 86_400],
])('a span: %s', (span, seconds) => expect(parseSpan(span, 'ttl')).toBe(seconds));

it.each(['', 'x', '1w', '-5', '1.5h', '5 m'])('no span: %s', (span) => {
  expect(() => parseSpan(span, 'ttl')).toThrow('--ttl must be a time');
});

it('a table without rows says so', () => {
  expect(printTable([], [['ID', () => '']])).toBe('Nothing found.');
});
