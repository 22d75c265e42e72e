import { describe, expect, test } from 'vitest';
import { Harness } from '../../test/support/harness.ts';
import type { KubeObject } from '../machinery/object.ts';
import type { OutsideCall, OutsideReply } from '../machinery/outside.ts';

const V1 = '/apis/example.com/v1/namespaces/default/things';
const V2 = '/apis/example.com/v2/namespaces/default/things';
const MERGE = { 'content-type': 'application/merge-patch+json' };

interface Thing extends KubeObject {
  readonly spec: Readonly<Record<string, unknown>>;
}

interface Asked {
  readonly uid: string;
  readonly desiredAPIVersion: string;
  readonly objects: readonly Thing[];
}

/** v1 has `host: a:1`, v2 has `host: a, port: 1`. */
const convert = (thing: Thing, apiVersion: string): Thing => {
  const { host, port } = thing.spec;
  const [name, number] = String(host).split(':');
  const spec =
    apiVersion === 'example.com/v2' ? { host: name, port: Number(number) } : { host: `${host}:${port}` };
  return { ...thing, apiVersion, spec };
};

const define = (harness: Harness): void => {
  const schema = (properties: object) => ({
    openAPIV3Schema: {
      type: 'object',
      properties: { spec: { type: 'object', required: Object.keys(properties), properties } },
    },
  });
  harness.expect(201, 'POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
    body: {
      metadata: { name: 'things.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { plural: 'things', kind: 'Thing' },
        versions: [
          {
            name: 'v2',
            served: true,
            storage: true,
            schema: schema({ host: { type: 'string' }, port: { type: 'integer' } }),
          },
          { name: 'v1', served: true, storage: false, schema: schema({ host: { type: 'string' } }) },
        ],
        conversion: {
          strategy: 'Webhook',
          webhook: {
            conversionReviewVersions: ['v1'],
            clientConfig: { url: 'https://convert.example.com/things' },
          },
        },
      },
    },
  });
  harness.settle(2000);
};

const open = (
  respond: (asked: Asked) => object = ({ uid, objects, desiredAPIVersion }) => ({
    uid,
    result: { status: 'Success' },
    convertedObjects: objects.map((object) => convert(object, desiredAPIVersion)),
  }),
) => {
  const asked: Asked[] = [];
  const outside = ({ body }: OutsideCall): OutsideReply => {
    const { request } = JSON.parse(body) as { readonly request: Asked };
    asked.push(request);
    const response = respond(request);
    return {
      status: 200,
      body: JSON.stringify({ apiVersion: 'apiextensions.k8s.io/v1', kind: 'ConversionReview', response }),
    };
  };
  const harness = new Harness({ settings: { nodes: [] }, outside });
  define(harness);
  return { harness, asked };
};

const create = (harness: Harness, name: string, port = 1) =>
  harness.expect(201, 'POST', V2, { body: { metadata: { name }, spec: { host: 'h', port } } });

describe('conversion by webhook', () => {
  test('reads at another version are converted, a list with one call', () => {
    const { harness, asked } = open();
    for (const [index, name] of ['a', 'b', 'c'].entries()) create(harness, name, index);
    expect(asked).toEqual([]);
    expect(harness.get<Thing>(`${V1}/b`)).toMatchObject({
      apiVersion: 'example.com/v1',
      spec: { host: 'h:1' },
    });
    expect(harness.list<Thing>(V1).map(({ spec }) => spec)).toEqual([
      { host: 'h:0' },
      { host: 'h:1' },
      { host: 'h:2' },
    ]);
    expect(asked.map(({ objects }) => objects.length)).toEqual([1, 3]);
  });

  test('writes at another version are converted there and back', () => {
    const { harness } = open();
    const made = harness.expect(201, 'POST', V1, {
      body: { metadata: { name: 'a' }, spec: { host: 'h:7' } },
    });
    expect(made).toMatchObject({ apiVersion: 'example.com/v1', spec: { host: 'h:7' } });
    expect(harness.get(`${V2}/a`)).toMatchObject({ spec: { host: 'h', port: 7 } });
    const body = { spec: { host: 'other:8' } };
    expect(harness.expect(200, 'PATCH', `${V1}/a`, { headers: MERGE, body })).toMatchObject(body);
    expect(harness.get(`${V2}/a`)).toMatchObject({ spec: { host: 'other', port: 8 } });
    harness.expect(200, 'DELETE', `${V1}/a`);
    harness.expect(404, 'GET', `${V2}/a`);
  });

  test('keeps the metadata but for labels and annotations', () => {
    const { harness } = open(({ uid, objects, desiredAPIVersion }) => ({
      uid,
      result: { status: 'Success' },
      convertedObjects: objects.map((object) => ({
        ...convert(object, desiredAPIVersion),
        metadata: { name: 'forged', uid: 'forged', labels: { seen: 'yes' } },
      })),
    }));
    create(harness, 'a');
    const { metadata } = harness.get<Thing>(`${V1}/a`);
    expect([metadata.name, metadata.labels]).toEqual(['a', { seen: 'yes' }]);
    expect(metadata.uid).not.toBe('forged');
  });

  test.each([
    [{ result: { status: 'Failed', message: 'cannot' } }, 'failed: cannot'],
    [{ result: { status: 'Success' }, convertedObjects: [] }, 'returned 0 objects, expected 1'],
    [
      { result: { status: 'Success' }, convertedObjects: [{ apiVersion: 'example.com/v9' }] },
      'returned invalid converted object at index 0: invalid groupVersion (expected example.com/v1, received example.com/v9)',
    ],
  ])('fails on %j', (response, text) => {
    const { harness } = open(({ uid }) => ({ uid, ...response }));
    create(harness, 'a');
    expect(harness.expect(500, 'GET', `${V1}/a`)).toMatchObject({
      message: `conversion webhook for example.com/v2, Kind=Thing ${text}`,
    });
  });

  test('fails while nothing leaves the cluster; the storage version is served', () => {
    const harness = new Harness({ settings: { nodes: [] } });
    define(harness);
    create(harness, 'a');
    const message =
      'conversion webhook for example.com/v2, Kind=Thing failed: Post "https://convert.example.com/things?timeout=30s": dial tcp: lookup convert.example.com: no such host';
    expect(harness.expect(500, 'GET', `${V1}/a`)).toMatchObject({ message });
    expect(harness.expect(500, 'GET', V1)).toMatchObject({ message });
    harness.expect(500, 'POST', V1, { body: { metadata: { name: 'b' }, spec: { host: 'h:7' } } });
    harness.expect(500, 'GET', `${V1}?watch=true`);
    expect(harness.list(V2)).toHaveLength(1);
  });
});
