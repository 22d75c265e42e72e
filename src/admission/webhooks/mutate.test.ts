/** Webhooks that change what is stored, and what else changes while they are asked. */

import { describe, expect, test } from 'vitest';
import { Harness } from '../../../test/support/harness.ts';
import {
  type Asked,
  answering,
  configure,
  create,
  hook,
  MAPS,
  open,
  patch,
  stored,
} from '../../../test/support/webhooks.ts';
import type { KubeObject } from '../../machinery/object.ts';

describe('mutating webhooks', () => {
  test('change the object one after the other, and what they leave is defaulted, validated and stored', () => {
    const { harness, asked } = open({
      first: () => patch({ op: 'add', path: '/data/b', value: '2' }),
      second: ({ request }) =>
        patch({ op: 'add', path: '/data/c', value: `${request.object?.data?.['b']}+1` }),
      judge: ({ request }) => ({ allowed: request.object?.data?.['c'] === '2+1' }),
    });
    configure(harness, 'Validating', 'v', hook('judge'));
    configure(harness, 'Mutating', 'n', hook('second'));
    configure(harness, 'Mutating', 'm', hook('first'));
    expect(create(harness).status).toBe(201);
    expect(stored(harness).data).toEqual({ a: '1', b: '2', c: '2+1' });
    expect(asked.map(({ url }) => url)).toEqual([
      'https://hooks.example.com/first?timeout=10s',
      'https://hooks.example.com/second?timeout=10s',
      'https://hooks.example.com/judge?timeout=10s',
    ]);
  });

  test('run after ownership was settled: nobody owns what they add', () => {
    const { harness } = open({ first: () => patch({ op: 'add', path: '/data/b', value: '2' }) });
    configure(harness, 'Mutating', 'm', hook('first'));
    create(harness, {}, '?fieldManager=me');
    expect(JSON.stringify(stored(harness).metadata.managedFields)).not.toContain('f:b');
  });

  test('see the object again when they wish and it was changed after them', () => {
    const count = ({ request }: Asked) =>
      patch({
        op: 'add',
        path: '/data/seen',
        value: String(Number(request.object?.data?.['seen'] ?? 0) + 1),
      });
    const { harness, asked } = open({
      early: count,
      late: ({ request }) =>
        request.object?.data?.['late'] === undefined
          ? patch({ op: 'add', path: '/data/late', value: 'yes' })
          : { allowed: true },
    });
    configure(harness, 'Mutating', 'm', hook('early', { reinvocationPolicy: 'IfNeeded' }), hook('late'));
    create(harness);
    expect(stored(harness).data).toEqual({ a: '1', late: 'yes', seen: '2' });
    expect(asked).toHaveLength(3);

    const never = open({ early: count, late: () => patch({ op: 'add', path: '/data/l', value: '' }) });
    configure(never.harness, 'Mutating', 'm', hook('early'), hook('late'));
    create(never.harness);
    expect(never.asked).toHaveLength(2);
  });

  test.each([
    [[{ op: 'remove', path: '/data/none' }], 500],
    [[{ op: 'add', path: '/data', value: 7 }], 500],
  ])('fail with a patch that does not fit: %j', (operations, code) => {
    const { harness } = open({ first: () => patch(...operations) });
    configure(harness, 'Mutating', 'm', hook('first'));
    expect(create(harness).json).toMatchObject({ code, reason: 'InternalError' });
  });

  test('cannot change what is deleted', () => {
    const { harness } = open({
      first: ({ request }) =>
        request['operation'] === 'DELETE'
          ? patch({ op: 'add', path: '/data/b', value: '2' })
          : { allowed: true },
    });
    configure(harness, 'Mutating', 'm', hook('first'));
    create(harness);
    expect(harness.request('DELETE', `${MAPS}/x`).body).toContain(
      'attempted to modify the object, which is not supported for this operation',
    );
  });

  test('may change generated names’ objects and each name is asked about once', () => {
    const { harness, asked } = open({
      first: () => patch({ op: 'add', path: '/data/b', value: '2' }),
      judge: () => ({ allowed: true }),
    });
    configure(harness, 'Mutating', 'm', hook('first'));
    configure(harness, 'Validating', 'v', hook('judge'));
    const reply = harness.expect(201, 'POST', MAPS, {
      body: { metadata: { generateName: 'g-' }, data: { a: '1' } },
    });
    expect((reply as KubeObject).metadata.name).toBe(asked[1]?.request.object?.metadata.name);
    expect(asked).toHaveLength(2);
  });
});

test('deleting a collection asks about all of it at once', () => {
  const { harness, asked } = open({ judge: ({ request }) => ({ allowed: request['name'] !== 'm2' }) });
  for (const name of ['m1', 'm2', 'm3']) {
    harness.expect(201, 'POST', MAPS, { body: { metadata: { name, labels: { some: 'one' } } } });
  }
  configure(harness, 'Validating', 'v', hook('judge'));
  const url = `${MAPS}?labelSelector=some%3Done`;
  expect(harness.request('DELETE', url).body).toContain('denied the request');
  expect(harness.list(url)).toHaveLength(3);
  expect(asked.map(({ request }) => request['name'])).toEqual(['m1', 'm2', 'm3']);
});

describe('while a webhook is asked', () => {
  test('a write that comes between makes it be asked again about the new state', () => {
    const asked: Asked[] = [];
    let meddle: (() => void) | undefined;
    const answer = answering({ judge: () => ({ allowed: true }) }, asked);
    const harness: Harness = new Harness({
      settings: { nodes: [] },
      actors: [],
      outside: (call) => {
        const work = meddle;
        meddle = undefined;
        work?.();
        return answer(call);
      },
    });
    create(harness);
    configure(harness, 'Validating', 'v', hook('judge'));
    meddle = () => {
      harness.request('PATCH', `${MAPS}/x`, {
        headers: { 'content-type': 'application/merge-patch+json' },
        body: { data: { between: 'yes' } },
      });
    };
    harness.expect(200, 'PATCH', `${MAPS}/x`, {
      headers: { 'content-type': 'application/merge-patch+json' },
      body: { data: { mine: 'yes' } },
    });
    expect(stored(harness).data).toEqual({ a: '1', between: 'yes', mine: 'yes' });
    // Asked about the write between, about the first state of ours, and about the one that was stored.
    expect(asked).toHaveLength(3);
  });

  test('work that is overtaken again and again gives up', () => {
    let count = 0;
    const asked: Asked[] = [];
    const answer = answering({ judge: () => ({ allowed: true }) }, asked);
    const harness: Harness = new Harness({
      settings: { nodes: [] },
      actors: [],
      outside: (call) => {
        count += 1;
        // Through a door that is not watched.
        harness.expect(200, 'PATCH', `${MAPS}/x`, {
          headers: { 'content-type': 'application/merge-patch+json' },
          as: { username: 'meddler', groups: ['system:masters', 'system:authenticated'] },
          body: { data: { count: String(count) } },
        });
        return answer(call);
      },
    });
    create(harness);
    const matchConditions = [{ name: 'others', expression: 'request.userInfo.username != "meddler"' }];
    configure(harness, 'Validating', 'v', hook('judge', { matchConditions }));
    harness.expect(409, 'PATCH', `${MAPS}/x`, {
      headers: { 'content-type': 'application/merge-patch+json' },
      body: { data: { mine: 'yes' } },
    });
    expect(asked).toHaveLength(4);
  });
});
