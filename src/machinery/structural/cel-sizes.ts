/** How large values of a schema can be, for estimates of what rules cost (apiserver pkg/cel/common, limits). */

import type { Size } from '../cel/cost.ts';
import { escapeName } from './cel-types.ts';
import { additionalOf, isIntOrString, itemsOf, type Props } from './props.ts';

/** The largest request a server takes. */
const MAX_BYTES = 3 * 1024 * 1024;

/** Least bytes a value of a schema takes in JSON. */
const minBytes = (props: Props): number => {
  if (isIntOrString(props)) return 2;
  switch (props.type) {
    case 'boolean':
      return 5;
    case 'string':
    case 'array':
      return 2;
    case 'object': {
      const required = (props.required ?? []).reduce((sum, name) => {
        const inner = props.properties?.[name];
        return inner === undefined || inner.default !== undefined
          ? sum
          : sum + name.length + 6 + minBytes(inner);
      }, 2);
      return required;
    }
    default:
      return 1;
  }
};

const maxText = (props: Props): number => {
  if (props.maxLength !== undefined) return props.maxLength * 4;
  switch (props.format) {
    case 'duration':
      return 32;
    case 'date':
      return 12;
    case 'date-time':
      return 32;
    default:
      break;
  }
  if (props.enum !== undefined)
    return Math.max(0, ...props.enum.map((each) => (typeof each === 'string' ? each.length : 0)));
  return MAX_BYTES - 2;
};

/** Most elements a list or a map can have. */
const maxElements = (props: Props): number => {
  const items = itemsOf(props);
  if (items !== undefined) {
    if (props.maxItems !== undefined) return props.maxItems;
    return Math.floor((MAX_BYTES - 2) / (minBytes(items) + 1));
  }
  const additional = additionalOf(props);
  if (additional === undefined) return 1;
  if (props.maxProperties !== undefined) return props.maxProperties;
  return Math.floor((MAX_BYTES - 2) / (minBytes(additional) + 6));
};

const made = new WeakMap<Props, Size>();

const sizeOf = (props: Props): Size => {
  const known = made.get(props);
  if (known !== undefined) return known;
  const size = makeSize(props);
  made.set(props, size);
  return size;
};

const makeSize = (props: Props): Size => {
  const items = itemsOf(props);
  const additional = additionalOf(props);
  if (items !== undefined) {
    return { max: maxElements(props), field: () => undefined, item: () => sizeOf(items) };
  }
  if (additional !== undefined) {
    return {
      max: maxElements(props),
      field: () => sizeOf(additional),
      item: () => ({ max: MAX_BYTES, field: () => undefined, item: () => undefined }),
    };
  }
  if (props.type === 'object' || props.properties !== undefined) {
    const names = new Map(
      Object.entries(props.properties ?? {}).flatMap(([name, inner]) => [
        [name, inner] as const,
        [escapeName(name) ?? name, inner] as const,
      ]),
    );
    return {
      max: MAX_BYTES,
      field: (name) => {
        const inner = names.get(name);
        return inner === undefined ? undefined : sizeOf(inner);
      },
      item: () => undefined,
    };
  }
  const max = props.type === 'string' ? maxText(props) : isIntOrString(props) ? MAX_BYTES : 1;
  return { max, field: () => undefined, item: () => undefined };
};

const NAME: Size = { max: 253, field: () => undefined, item: () => undefined };

/** Sizes of `self` for a node; the root also has its type and name. */
export const celSizes = {
  maxElements,
  of: (props: Props, isRoot: boolean): Size => {
    const size = sizeOf(props);
    if (!isRoot) return size;
    const metadata: Size = { max: MAX_BYTES, field: () => NAME, item: () => undefined };
    return {
      ...size,
      field: (name) =>
        name === 'metadata' ? metadata : name === 'kind' || name === 'apiVersion' ? NAME : size.field(name),
    };
  },
};
