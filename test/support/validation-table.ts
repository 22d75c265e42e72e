import { expect, test } from 'vitest';
import { builtinKinds } from '../../src/kinds/catalog.ts';
import type { Kind, StrategyContext } from '../../src/kinds/define.ts';
import { printFieldError } from '../../src/machinery/field-error.ts';
import { parseGroupVersion } from '../../src/machinery/names.ts';
import type { Draft, KubeObject } from '../../src/machinery/object.ts';
import { readGoldenJson } from './golden.ts';
import { concrete, type Manifests } from './oracle.ts';

/** How an object is written in a row: newly, changed as a whole, its status, or one of its subresources. */
export type Write = 'create' | 'update' | 'status' | 'approval' | 'resize' | 'ephemeralcontainers';

/** A recorded object with some places changed (`undefined` takes away), and what validation must say of it. */
export interface ValidationRow {
  readonly title: string;
  /** Name in update-bases.json. */
  readonly base: string;
  readonly write?: Write;
  /** Slash-separated paths, as in JSON pointers without escapes. */
  readonly changes: Readonly<Record<string, unknown>>;
  /** `field: text` of each error in order, the ends of long texts may be left out; none: accepted. */
  readonly errors: readonly string[];
}

type Node = Record<string, unknown>;

const change = (root: Draft, path: string, value: unknown): void => {
  const steps = path.split('/');
  const last = steps.pop() ?? '';
  let node = root as Node;
  for (const step of steps) {
    node[step] ??= {};
    node = node[step] as Node;
  }
  if (value !== undefined) node[last] = value;
  else if (Array.isArray(node)) node.splice(Number(last), 1);
  else delete node[last];
};

const kindOf = (object: KubeObject): Kind => {
  const { group = '' } = parseGroupVersion(object.apiVersion) ?? {};
  const kind = builtinKinds.find((one) => one.group === group && one.kind === object.kind);
  if (kind === undefined) throw new Error(`no kind ${object.apiVersion} ${object.kind}`);
  return kind;
};

const stored = (object: KubeObject): KubeObject => {
  const draft = structuredClone(object) as unknown as Draft;
  const version = object.apiVersion.split('/').at(-1);
  kindOf(object)
    .served.find((one) => one.version === version)
    ?.toStorage?.(draft);
  return draft as unknown as KubeObject;
};

const judge = (row: ValidationRow, base: KubeObject): readonly string[] => {
  const draft = structuredClone(base) as unknown as Draft;
  for (const [path, value] of Object.entries(row.changes)) change(draft, path, value);
  const object = stored(draft as unknown as KubeObject);
  const old = stored(base);
  const kind = kindOf(base);
  const write = row.write ?? 'create';
  const subresource = write === 'create' || write === 'update' ? undefined : write;
  const context = (subresource === undefined ? {} : { subresource }) as StrategyContext;
  const rules =
    write === 'create'
      ? kind.validate?.(object, context)
      : (write === 'status' ? kind.validateStatusUpdate : kind.validateUpdate)?.(object, old, context);
  return (rules ?? []).map((error) => `${error.field}: ${printFieldError(error)}`);
};

/** One test a row. */
export const validationTable = (rows: readonly ValidationRow[]): void => {
  const bases = readGoldenJson<Manifests>('update-bases.json.gz');
  test.each(rows)('$title', (row) => {
    const found = judge(row, concrete(bases[row.base]) as KubeObject);
    expect(found.map((text, index) => text.slice(0, row.errors[index]?.length ?? text.length))).toEqual(
      row.errors,
    );
  });
};
