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

const wordFor = (value: unknown, goType: string): string => {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number' && goType.startsWith('int')) return `number ${value}`;
  return typeof value;
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
  private readonly fields: FieldPlan[] = [];
  private readonly items: (number | string | undefined)[] = [];

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
  refuse(value: unknown, goType: string): never {
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
