/** JSON Patch (RFC 6902) with the quirks of the library the API server uses (evanphx/json-patch v4). */
import { cloneJson, deepEqual } from './deep.ts';
import { printJsonKind } from './go-print.ts';
import { badRequest, makeStatus, StatusError } from './status.ts';
import { hasDuplicates, visitMembers } from './strict-json.ts';

/** More operations than this are refused with 413. */
export const MAX_OPERATIONS = 10_000;
/** All `copy` operations of one patch may write at most this many bytes. */
const MAX_COPY_BYTES = 3 * 1024 * 1024;

export interface JsonPatchOperation {
  readonly op?: string;
  readonly path?: string;
  readonly from?: string;
  readonly value?: unknown;
}

const TEXT_FIELDS = ['op', 'path', 'from'] as const;

/** Who reads a patch: the strict reader's types, or the patch library's own, which looks at members only when it applies them. */
interface Reader {
  readonly prefix: string;
  readonly list: string;
  readonly item: string;
  readonly isLoose: boolean;
}

const STRICT: Reader = {
  prefix: 'error decoding patch: ',
  list: '[]handlers.jsonPatchOp',
  item: 'handlers.jsonPatchOp',
  isLoose: false,
};
const LOOSE: Reader = { prefix: '', list: 'jsonpatch.Patch', item: 'jsonpatch.Operation', isLoose: true };

const cannotRead = ({ prefix }: Reader, value: unknown, what: string): StatusError =>
  badRequest(`${prefix}json: cannot unmarshal ${printJsonKind(value)} into Go ${what}`);

const decodeOperation = (value: unknown, reader: Reader): JsonPatchOperation => {
  if (value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value))
    throw cannotRead(reader, value, `value of type ${reader.item}`);
  const record = value as Readonly<Record<string, unknown>>;
  const wrong = TEXT_FIELDS.filter(
    (name) => !['undefined', 'string'].includes(typeof (record[name] ?? undefined)),
  );
  const [first] = wrong;
  if (first === undefined) return record as JsonPatchOperation;
  if (!reader.isLoose)
    throw cannotRead(reader, record[first], `struct field jsonPatchOp.${first} of type string`);
  return Object.fromEntries(
    Object.entries(record).filter(([name]) => !(wrong as readonly string[]).includes(name)),
  );
};

/**
 * Reads a parsed body as a JSON patch: 400 when it is not a list of operations, 413 when it is too long. `isLoose`: as
 * it is read where nobody asks for strictness.
 */
export const decodeJsonPatch = (body: unknown, isLoose = false): readonly JsonPatchOperation[] => {
  const reader = isLoose ? LOOSE : STRICT;
  if (!Array.isArray(body)) throw cannotRead(reader, body, `value of type ${reader.list}`);
  const operations = body.map((operation) => decodeOperation(operation, reader));
  if (body.length > MAX_OPERATIONS) {
    throw new StatusError(
      makeStatus(
        413,
        'RequestEntityTooLarge',
        `Request entity too large: The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${body.length}`,
      ),
    );
  }
  return operations;
};

const OPERATION = /^\[\d+\]$/;
const MEMBERS: ReadonlySet<string> = new Set(['op', 'path', 'from', 'value']);

/** What strict reading finds in the text of a JSON patch: `json patch unknown field "[0].foo"`, in its order. */
export const strictJsonPatch = (text: string, operations: readonly unknown[]): readonly string[] => {
  const isKnown = (operation: unknown): boolean =>
    Object.keys(operation ?? {}).every((name) => MEMBERS.has(name));
  if (operations.every(isKnown) && !hasDuplicates(text, operations)) return [];
  const found: string[] = [];
  visitMembers(text, (path, name, isDuplicate) => {
    const isUnknown = OPERATION.test(path) && !MEMBERS.has(name);
    if (isUnknown || isDuplicate)
      found.push(`json patch ${isUnknown ? 'unknown' : 'duplicate'} field "${path}.${name}"`);
    return !isUnknown;
  });
  return found;
};

/** What every operation that does not apply answers: upstream hides the reason from clients. */
const rejected = (): StatusError =>
  new StatusError(
    makeStatus(422, 'Invalid', 'the server rejected our request due to an error in our request', {}),
  );

type Container = unknown[] | Record<string, unknown>;

interface Place {
  readonly parent: Container;
  readonly key: string;
}

const isContainer = (value: unknown): value is Container => typeof value === 'object' && value !== null;

const decodeKey = (part: string): string => part.replaceAll('~1', '/').replaceAll('~0', '~');

/** A list index as Go's Atoi reads it, negative ones counting from `size`; -1 when it is not in range. */
const indexOf = (key: string, size: number): number => {
  if (!/^[-+]?[0-9]+$/.test(key)) return -1;
  const index = Number(key);
  const position = index < 0 ? index + size : index;
  return position >= 0 && position < size ? position : -1;
};

/**
 * The member of a container. An index out of range is refused; a key that an object lacks reads as null, so
 * `replace` and `copy` of a missing key work, as they do upstream.
 */
const member = (parent: Container, key: string): unknown => {
  if (!Array.isArray(parent)) return Object.hasOwn(parent, key) ? parent[key] : null;
  const index = indexOf(key, parent.length);
  if (index < 0) throw rejected();
  return parent[index];
};

/** Everything before the first slash is ignored; a path without a slash names nothing. */
const locate = (root: Container, path: string | undefined): Place => {
  if (path === undefined) throw rejected();
  const parts = path.split('/').slice(1).map(decodeKey);
  const key = parts.pop();
  if (key === undefined) throw rejected();
  let parent = root;
  for (const part of parts) {
    const next = member(parent, part);
    if (!isContainer(next)) throw rejected();
    parent = next;
  }
  return { parent, key };
};

const setKey = (parent: Record<string, unknown>, key: string, value: unknown): void => {
  if (key === '__proto__') {
    Object.defineProperty(parent, key, { value, enumerable: true, writable: true, configurable: true });
  } else parent[key] = value;
};

const add = ({ parent, key }: Place, value: unknown): void => {
  if (!Array.isArray(parent)) {
    setKey(parent, key, value);
  } else if (key === '-') {
    parent.push(value);
  } else {
    const index = indexOf(key, parent.length + 1);
    if (index < 0) throw rejected();
    parent.splice(index, 0, value);
  }
};

const remove = ({ parent, key }: Place): void => {
  if (Array.isArray(parent)) {
    const index = indexOf(key, parent.length);
    if (index < 0) throw rejected();
    parent.splice(index, 1);
  } else {
    if (!Object.hasOwn(parent, key)) throw rejected();
    delete parent[key];
  }
};

const replace = ({ parent, key }: Place, value: unknown): void => {
  if (!Array.isArray(parent)) {
    setKey(parent, key, value);
    return;
  }
  const index = indexOf(key, parent.length);
  if (index < 0) throw rejected();
  parent[index] = value;
};

const test = (root: Container, { path, value = null }: JsonPatchOperation): void => {
  if (path === '') {
    if (!deepEqual(root, value)) throw rejected();
    return;
  }
  const { parent, key } = locate(root, path);
  if (!deepEqual(member(parent, key), value)) throw rejected();
};

/**
 * Applies the operations to a copy of the document and returns the copy. 422 when an operation does not
 * apply; nothing of the input changes. Negative indexes count from the end, as upstream allows.
 */
export const applyJsonPatch = (
  document: Readonly<Record<string, unknown>>,
  operations: readonly JsonPatchOperation[],
): unknown => {
  let root: Container = cloneJson(document) as Record<string, unknown>;
  let copied = 0;
  for (const operation of operations) {
    const value = cloneJson(operation.value ?? null);
    switch (operation.op) {
      case 'add':
        add(locate(root, operation.path), value);
        break;
      case 'remove':
        remove(locate(root, operation.path));
        break;
      case 'replace':
        // Upstream silently ignores a root that is not an object or a list.
        if (operation.path !== '') replace(locate(root, operation.path), value);
        else if (isContainer(value)) root = value;
        break;
      case 'move': {
        const from = locate(root, operation.from);
        const moved = member(from.parent, from.key);
        remove(from);
        add(locate(root, operation.path), moved);
        break;
      }
      case 'copy': {
        const from = locate(root, operation.from);
        const target = locate(root, operation.path);
        const duplicate = cloneJson(member(from.parent, from.key));
        copied += JSON.stringify(duplicate ?? null).length;
        if (copied > MAX_COPY_BYTES) throw rejected();
        add(target, duplicate);
        break;
      }
      case 'test':
        test(root, operation);
        break;
      default:
        throw rejected();
    }
  }
  return root;
};
