/** Cells and orders of Tables in states that are rare (upstream: pkg/printers/internalversion/printers.go). */
import { describe, expect, it } from 'vitest';
import { Harness } from '../../test/support/harness.ts';
import type { KubeObject } from '../machinery/object.ts';
import { horizontalPodAutoscaler } from './autoscaling/horizontalpodautoscaler.ts';
import type { Kind } from './define.ts';
import { endpointSlice } from './discovery/endpointslice.ts';
import { volumeAttributesClass } from './storage/volumeattributesclass.ts';

const cell = (kind: Kind, name: string, object: unknown): unknown =>
  kind.columns.find((column) => column.name === name)?.cell(object as KubeObject, 0);

const target = { type: 'AverageValue', averageValue: '5' };

const CELLS: readonly {
  readonly title: string;
  readonly kind: Kind;
  readonly column: string;
  readonly object: unknown;
  readonly text: unknown;
}[] = [
  {
    title: 'an amount that a status lacks reads as a nil pointer',
    kind: horizontalPodAutoscaler,
    column: 'Targets',
    object: {
      spec: { metrics: [{ type: 'Resource', resource: { name: 'cpu', target } }] },
      status: { currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: {} } }] },
    },
    text: 'cpu: <nil>/5',
  },
  {
    title: 'a port without number and name is unset when it is the only one',
    kind: endpointSlice,
    column: 'Ports',
    object: { ports: [{ name: '' }] },
    text: '<unset>',
  },
  {
    title: 'a port without number and name is nothing among others',
    kind: endpointSlice,
    column: 'Ports',
    object: { ports: [{ name: '' }, { port: 80, name: 'a' }] },
    text: ',80',
  },
  {
    title: 'the default class of volume attributes says so',
    kind: volumeAttributesClass,
    column: 'Name',
    object: {
      metadata: {
        name: 'gold',
        annotations: { 'volumeattributesclass.alpha.kubernetes.io/is-default-class': 'true' },
      },
    },
    text: 'gold (default)',
  },
];

describe('cells', () => {
  it.each(CELLS)('$title', ({ kind, column, object, text }) => {
    expect(cell(kind, column, object)).toBe(text);
  });
});

describe('rows', () => {
  it('stand in the order in which flow schemas are tried, in a list of objects by name', () => {
    const harness = new Harness({ actors: [] });
    const path = '/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas';
    for (const [name, matchingPrecedence] of [
      ['zulu', 2],
      ['alpha', 9998],
      ['bravo', 9998],
    ] as const) {
      harness.expect(201, 'POST', path, {
        body: {
          apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
          kind: 'FlowSchema',
          metadata: { name },
          spec: { matchingPrecedence, priorityLevelConfiguration: { name: 'catch-all' } },
        },
      });
    }
    const mine = (names: readonly unknown[]): readonly unknown[] =>
      names.filter((name) => ['alpha', 'bravo', 'zulu'].includes(String(name)));
    const table = harness.expect(200, 'GET', path, {
      headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' },
    }) as { readonly rows: readonly { readonly cells: readonly unknown[] }[] };
    expect(mine(table.rows.map(({ cells }) => cells[0]))).toEqual(['zulu', 'alpha', 'bravo']);
    const list = harness.expect(200, 'GET', path) as { readonly items: readonly KubeObject[] };
    expect(mine(list.items.map(({ metadata }) => metadata.name))).toEqual(['alpha', 'bravo', 'zulu']);
  });
});
