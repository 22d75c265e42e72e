/**
 * What calls cost at most and how large their results are (cel-go checker/cost.go for the standard functions, ext/sets
 * for sets, apiserver pkg/cel/library/cost.go for Kubernetes' own). Costs are without those of the operands.
 */

import { add, type Cost, ENDLESS, factor, type Sizes, times } from './cost-sizes.ts';
import type { CelType } from './types.ts';

/** An operand: its type, its size where one is known, and that of its items when it is a list. */
export interface Operand {
  readonly type: CelType;
  readonly size: Sizes;
  readonly itemSize: () => Sizes;
  /** The value of a literal. */
  readonly literal: unknown;
}

/** What a call costs at most; `size` is that of its result, where it is known. */
export interface CallCost {
  readonly cost: Cost;
  readonly size?: Sizes;
}

type Rule = (target: Operand | undefined, args: readonly Operand[]) => CallCost | undefined;

/** Part of a character's cost that looking at it takes. */
const TRAVERSAL = 0.1;
const REGEX = 0.25;
const NAME_REGEX = 128;
const FORMAT = 64;
/** An authorization check; two fit into an expression. */
const CHECK = 350_000;

const ONE: CallCost = { cost: 1 };
const walk = (size: Sizes): Cost => factor(size.max, TRAVERSAL);

const may = (type: CelType | undefined, of: CelType['of']): boolean =>
  type === undefined || type.of === of || type.of === 'dyn' || type.of === 'error' || type.of === 'param';

const ofTarget =
  (rule: (target: Operand, args: readonly Operand[]) => CallCost | undefined): Rule =>
  (target, args) =>
    target === undefined ? undefined : rule(target, args);

const same = ofTarget(({ size }) => ({ cost: walk(size), size }));

const isText = (type: CelType): boolean => type.of === 'string' || type.of === 'bytes';

/** A look at each item, and at each character of items that are texts. */
const looksAtItems = ofTarget(({ type, size, itemSize }) => {
  if (type.of !== 'list') return { cost: walk(size) };
  const each = isText(type.item) ? add(1, walk(itemSize())) : 1;
  return { cost: times(size.max, each) };
});

const replace = ofTarget(({ size }, [from, to]) => {
  if (from === undefined || to === undefined) return undefined;
  const cost = factor(size.max, 2 * TRAVERSAL);
  return { cost, size: { min: least(size, from.size, to.size), max: most(size, from.size, to.size) } };
});

/** The longest text a replacement makes. */
const most = (size: Sizes, from: Sizes, to: Sizes): number => {
  if (from.min === 0) return add(times(add(size.max, 1), to.max), size.max);
  if (to.max <= from.min) return size.max;
  return times(Math.ceil(size.max / from.min), to.max);
};

/** The shortest text a replacement makes. */
const least = (size: Sizes, from: Sizes, to: Sizes): number => {
  if (from.max === 0) return add(times(add(size.min, 1), to.min), size.min);
  if (from.max <= to.min) return size.min;
  return times(Math.ceil(size.min / from.max), to.min);
};

const split = ofTarget(({ size }, args) => {
  const limit = args[1]?.literal;
  const max = typeof limit === 'bigint' ? (limit < 0n ? ENDLESS : Number(limit)) : size.max;
  return { cost: factor(size.max, 2 * TRAVERSAL), size: { min: 0, max } };
});

const join = ofTarget(({ type, size, itemSize }, [separator]) => {
  const item = type.of === 'list' ? itemSize() : { min: 0, max: 0 };
  const between = separator?.size ?? { min: 0, max: 0 };
  const joined = {
    min: add(times(size.min, item.min), times(between.min, Math.max(0, size.min - 1))),
    max: add(times(size.max, item.max), times(between.max, Math.max(0, size.max - 1))),
  };
  return { cost: walk(joined), size: joined };
});

const matching = (target: Operand, pattern: Operand): Cost =>
  times(factor(add(target.size.max, 1), TRAVERSAL), factor(pattern.size.max, REGEX));

const find = ofTarget(
  (target, [pattern]) =>
    pattern && { cost: matching(target, pattern), size: { min: 0, max: target.size.max } },
);

const parses: Rule = (_target, [text]) => text && { cost: walk(text.size), size: text.size };

/** Two addresses of at most 16 bytes are compared; a text is read first. */
const containsIp = ofTarget((_target, [other]) => ({
  cost: add(4, other !== undefined && may(other.type, 'string') ? walk(other.size) : 0),
}));

const containsCidr = ofTarget((_target, [other]) => ({
  cost: add(7, other !== undefined && may(other.type, 'string') ? walk(other.size) : 0),
}));

const NAMES_OF_ONE_STEP =
  'serviceAccount path group resource subresource namespace name allowed reason error errored masked prefixLength family isUnspecified isLoopback isLinkLocalMulticast isLinkLocalUnicast isGlobalUnicast format.named sign asInteger isInteger asApproximateFloat isGreaterThan isLessThan compareTo add sub major minor patch getScheme getHostname getHost getPort getEscapedPath getQuery';

const sets =
  (share: number): Rule =>
  (_target, [left, right]) =>
    left && right && { cost: add(factor(times(left.size.max, right.size.max), share), 1) };

const OPAQUE_OF_ONE_STEP = new Set(['net.IP', 'net.CIDR', 'kubernetes.Quantity', 'kubernetes.Semver']);

/** The shorter of two texts or lists is looked at; numbers and truths count as one. */
const compares: Rule = (_target, [left, right]) =>
  left && right && { cost: factor(Math.min(left.size.max, right.size.max), TRAVERSAL) };

const equals: Rule = (target, args) => {
  const [left, right] = args;
  if (left?.type.of === 'opaque' && right?.type.of === 'opaque' && left.type.name === right.type.name) {
    if (OPAQUE_OF_ONE_STEP.has(left.type.name) || left.type.name.startsWith('kubernetes.authorization.'))
      return ONE;
    if (left.type.name === 'kubernetes.NamedFormat') return { cost: factor(FORMAT, TRAVERSAL) };
    if (left.type.name === 'kubernetes.URL') return { cost: walk(right.size) };
  }
  return compares(target, args);
};

/** Orders of texts look at them; those of numbers and times take one step. */
const orders: Rule = (target, args) => {
  const looks = args.every(({ type }) => may(type, 'string') || may(type, 'bytes'));
  const found = looks ? compares(target, args) : undefined;
  const isOnlyText = args.some(({ type }) => isText(type));
  return found && !isOnlyText ? { cost: Math.max(1, found.cost) } : found;
};

const plus: Rule = (_target, [left, right]) => {
  if (left === undefined || right === undefined) return undefined;
  const size = { min: add(left.size.min, right.size.min), max: add(left.size.max, right.size.max) };
  const both = (of: CelType['of']): boolean => may(left.type, of) && may(right.type, of);
  if (both('string') || both('bytes')) return { cost: walk(size), size };
  return both('list') ? { cost: 1, size } : undefined;
};

const isIn: Rule = (_target, [, holder]) =>
  holder && may(holder.type, 'list') ? { cost: holder.size.max } : undefined;

const RULES: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(NAMES_OF_ONE_STEP.split(' ').map((name) => [name, () => ONE])),
  check: () => ({ cost: CHECK }),
  isSorted: looksAtItems,
  sum: looksAtItems,
  max: looksAtItems,
  min: looksAtItems,
  indexOf: looksAtItems,
  lastIndexOf: looksAtItems,
  url: parses,
  'jsonpatch.escapeKey': parses,
  lowerAscii: same,
  upperAscii: same,
  substring: same,
  trim: same,
  replace,
  split,
  join,
  find,
  findAll: find,
  containsIP: containsIp,
  containsCIDR: containsCidr,
  validate: ofTarget((_target, [text]) => text && { cost: factor(walk(text.size), NAME_REGEX * REGEX) }),
  'sets.contains': sets(1),
  'sets.intersects': sets(1),
  'sets.equivalent': sets(2),
  format: ofTarget(({ size }) => ({ cost: walk(size) })),
  bytes: (_target, [text]) =>
    text && may(text.type, 'string')
      ? { cost: Math.max(1, walk(text.size)), size: { min: text.size.min, max: times(text.size.max, 4) } }
      : undefined,
  string: (_target, [value]) =>
    value && may(value.type, 'bytes')
      ? {
          cost: value.type.of === 'bytes' ? walk(value.size) : Math.max(1, walk(value.size)),
          size: { min: Math.floor(value.size.min / 4), max: value.size.max },
        }
      : undefined,
  'strings.quote': (_target, [text]) =>
    text && {
      cost: walk(text.size),
      size: { min: add(text.size.min, 2), max: add(times(text.size.max, 2), 2) },
    },
  startsWith: ofTarget((_target, [text]) => text && { cost: walk(text.size) }),
  endsWith: ofTarget((_target, [text]) => text && { cost: walk(text.size) }),
  matches: ofTarget((target, [pattern]) => pattern && { cost: matching(target, pattern) }),
  contains: ofTarget((target, [text]) => text && { cost: times(walk(target.size), walk(text.size)) }),
  '@in': isIn,
  '_+_': plus,
  '_==_': equals,
  '_!=_': compares,
  '_<_': orders,
  '_<=_': orders,
  '_>_': orders,
  '_>=_': orders,
};

/** The cost of a call; functions nothing is known of take one step. */
export const costOfCall = (name: string, target: Operand | undefined, args: readonly Operand[]): CallCost =>
  (Object.hasOwn(RULES, name) ? RULES[name]?.(target, args) : undefined) ?? ONE;
