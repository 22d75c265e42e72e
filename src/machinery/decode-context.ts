/** Where a decoder stands in a value: for refusals in Go's words and for the paths of unknown fields. */
import type { Draft } from './object.ts';
import { MAX_DEPTH } from './strict-json.ts';

/** A refusal on its way out of the decoders; only `decode.ts` and `prune.ts` catch it. */
export class DecodeFailure extends Error {}

/** What a value became. */
export interface Decoded {
  /** A fresh mutable object; nothing of the input is shared with it. */
  readonly draft: Draft;
  /** Paths of fields the schema does not know, e.g. `spec.containers[0].foo`, in no particular order. */
  readonly unknown: readonly string[];
  /** How many object members the value had altogether; a text with more has duplicates. */
  readonly members: number;
}

/** What messages say about a field. */
export interface FieldPlan {
  readonly name: string;
  /** With the names of embedded structs in front: `VolumeSource.hostPath`. */
  readonly errorName: string;
}

const ROOT: FieldPlan = { name: '', errorName: '' };

/** A number as it was written, where that says more than its value: `1.0`, or more digits than a double has. */
export class NumberLiteral {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

const wordFor = (value: unknown, goType: string): string => {
  if (value instanceof NumberLiteral) return goType.startsWith('int') ? `number ${value.source}` : 'number';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number' && goType.startsWith('int')) return `number ${value}`;
  return typeof value;
};

/** What refusals sound like: those of JSON text, or those of a tree that is converted (apimachinery runtime/converter.go). */
export type DecodeWording = 'json' | 'tree';

/** Go's kind of a decoded JSON value. */
const kindOf = (value: unknown): string => {
  if (Array.isArray(value)) return 'slice';
  if (typeof value === 'object') return 'map';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'number' ? (Number.isInteger(value) ? 'int64' : 'float64') : 'string';
};

const SCALARS = new Set(['int32', 'int64', 'bool', 'float64']);

/** Why the converter of trees does not take a value as a Go type; `isStruct` tells structs from named strings. */
const refusalOfTree = (value: unknown, goType: string, isStruct: boolean): string => {
  const kind = kindOf(value);
  if (isStruct) return `cannot restore struct from: ${kind}`;
  if (goType.startsWith('[]')) return `cannot restore slice from ${kind}`;
  if (goType.startsWith('map[') || goType === 'v1.ResourceList') return `cannot restore map from ${kind}`;
  const wanted = SCALARS.has(goType) ? goType : 'string';
  const isConvertible =
    (kind === 'int64' && wanted === 'string') || (kind === 'float64' && wanted.startsWith('int'));
  return isConvertible ? `cannot convert ${kind} to ${goType}` : `unrecognized type: ${wanted}`;
};

/** One decoding: where it stands and what it has found so far. */
export class DecodeContext {
  readonly unknown: string[] = [];
  /** Members of all objects seen so far. */
  members = 0;
  /** The innermost struct and its field being decoded; '' at the root. */
  struct = '';
  field: FieldPlan = ROOT;
  /** Item or key of that field, while inside a list or a map. */
  item: number | string | undefined = undefined;
  private readonly wording: DecodeWording;
  private readonly fields: FieldPlan[] = [];
  private readonly items: (number | string | undefined)[] = [];

  constructor(wording: DecodeWording = 'json') {
    this.wording = wording;
  }

  /** Goes into the field being decoded. Refuses to go deeper than any accepted body. */
  enter(): void {
    if (this.fields.length > MAX_DEPTH) throw new DecodeFailure('exceeded max depth');
    this.fields.push(this.field);
    this.items.push(this.item);
    this.item = undefined;
  }

  /** Back out again. */
  leave(): void {
    this.field = this.fields.pop() ?? ROOT;
    this.item = this.items.pop();
  }

  /** Refuses a value in Go's words; `goType` is what was wanted, e.g. `int32` or `v1.PodSpec`. */
  refuse(value: unknown, goType: string, isStruct = false): never {
    if (this.wording === 'tree') throw new DecodeFailure(refusalOfTree(value, goType, isStruct));
    const word = wordFor(value, goType);
    const names = [...this.fields.slice(1), this.field].map((field) => field.errorName);
    throw new DecodeFailure(
      this.struct === ''
        ? `json: cannot unmarshal ${word} into Go value of type ${goType}`
        : `json: cannot unmarshal ${word} into Go struct field ${this.struct}.${names.join('.')} of type ${goType}`,
    );
  }

  /** The path of a member of the object that is being decoded, e.g. `spec.containers[0].foo`. */
  pathOf(name: string): string {
    let path = '';
    for (let depth = 1; depth < this.fields.length; depth++) {
      const item = this.items[depth];
      const field = this.fields[depth]?.name ?? '';
      path += path === '' ? field : `.${field}`;
      if (item !== undefined) path += typeof item === 'number' ? `[${item}]` : `.${item}`;
    }
    return path === '' ? name : `${path}.${name}`;
  }

  /** Notes a member that the schema does not know. */
  addUnknown(name: string): void {
    this.unknown.push(this.pathOf(name));
  }
}
