/**
 * Reads the Go type declarations of the Kubernetes API packages into plain records. Knows as much Go as those
 * files use: imports, named types, struct fields with tags, marker comments and string constants.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A marker comment such as `+listType=map`, as name and value. */
export type Markers = ReadonlyMap<string, readonly string[]>;

export interface GoField {
  /** Go name; the type's name for an embedded field. */
  readonly goName: string;
  readonly type: string;
  readonly embedded: boolean;
  readonly jsonName: string;
  readonly jsonOptions: readonly string[];
  /** Protobuf tag number, if the field has one. */
  readonly number?: number;
  readonly markers: Markers;
  readonly patchStrategy?: string;
  readonly patchMergeKey?: string;
}

export interface GoType {
  readonly name: string;
  readonly markers: Markers;
  /** Present for structs. */
  readonly fields?: readonly GoField[];
  /** Present for every other named type: the type it is declared as. */
  readonly alias?: string;
}

export interface GoPackage {
  /** Import path below the root, e.g. `k8s.io/api/core/v1`. */
  readonly path: string;
  readonly types: ReadonlyMap<string, GoType>;
  /** String constants by the name of their type. */
  readonly constants: ReadonlyMap<string, readonly string[]>;
  /** Any string constant by its name, for `ref(...)` defaults. */
  readonly constantValues: ReadonlyMap<string, string>;
  readonly imports: ReadonlyMap<string, string>;
  /** Constants whose value is another constant: name of the type, and the constant referred to. */
  readonly references: readonly (readonly [string, string])[];
}

const skipped = /(_test|\.pb|_fuzz|_byte|fieldsv1_string)\.go$|^zz_|swagger_doc|^doc\.go$/;

const readMarkers = (comments: readonly string[]): Markers => {
  const markers = new Map<string, string[]>();
  for (const comment of comments) {
    const match = /^\+([\w:.-]+)(?:\([^)]*\))?(?:=(.*))?$/.exec(comment.trim());
    if (!match) continue;
    const list = markers.get(match[1] ?? '') ?? [];
    list.push((match[2] ?? '').trim());
    markers.set(match[1] ?? '', list);
  }
  return markers;
};

const tagValue = (tags: string, key: string): string | undefined =>
  new RegExp(`(?:^|\\s)${key}:"([^"]*)"`).exec(tags)?.[1];

const readField = (line: string, comments: readonly string[]): GoField | undefined => {
  const match = /^\s*(?:(\w+)\s+)?([*[\]\w.{}]+)\s*(?:`([^`]*)`)?\s*(?:\/\/.*)?$/.exec(line);
  if (!match) return undefined;
  const type = match[2] ?? '';
  const tags = match[3] ?? '';
  const json = tagValue(tags, 'json');
  if (json === undefined || json === '-') return undefined;
  const [jsonName = '', ...jsonOptions] = json.split(',');
  const number = tagValue(tags, 'protobuf')?.split(',')[1];
  const patchStrategy = tagValue(tags, 'patchStrategy');
  const patchMergeKey = tagValue(tags, 'patchMergeKey');
  return {
    goName: match[1] ?? type.replace(/^.*[.*]/, ''),
    type,
    embedded: match[1] === undefined,
    jsonName,
    jsonOptions,
    markers: readMarkers(comments),
    ...(number ? { number: Number(number) } : {}),
    ...(patchStrategy ? { patchStrategy } : {}),
    ...(patchMergeKey ? { patchMergeKey } : {}),
  };
};

interface FileState {
  readonly types: Map<string, GoType>;
  readonly constants: Map<string, string[]>;
  readonly constantValues: Map<string, string>;
  readonly imports: Map<string, string>;
  /** Constants whose value is another constant, by type: `AddressType` -> `v1.IPv4Protocol`. */
  readonly references: [string, string][];
}

const readConstant = (line: string, state: FileState): void => {
  const match = /^\s*(?:const\s+)?(\w+)\s+(?:([\w.]+)\s*)?=\s*(?:([\w.]+)\()?(?:"([^"]*)"|([\w.]+))\)?/.exec(
    line,
  );
  if (!match) return;
  if (match[5] !== undefined) {
    const type = match[2] ?? match[3];
    if (type) state.references.push([type, match[5]]);
    return;
  }
  const type = match[2] ?? match[3];
  state.constantValues.set(match[1] ?? '', match[4] ?? '');
  if (!type) return;
  const list = state.constants.get(type) ?? [];
  list.push(match[4] ?? '');
  state.constants.set(type, list);
};

const readImport = (line: string, state: FileState): void => {
  const match = /^\s*(?:import\s+)?(?:(\w+)\s+)?"([^"]+)"/.exec(line);
  if (!match) return;
  const path = match[2] ?? '';
  state.imports.set(match[1] ?? path.replace(/^.*\//, ''), path);
};

/** Where a line stands: the parser is a small state machine over the blocks these files use. */
type Block = 'top' | 'struct' | 'const' | 'import' | 'skip';

const readFile = (text: string, state: FileState): void => {
  let block: Block = 'top';
  let comments: string[] = [];
  let outer: readonly string[] = [];
  let earlier: readonly string[] = [];
  let name = '';
  let fields: GoField[] = [];
  for (const line of text.replace(/\/\*[\s\S]*?\*\//g, '').split('\n')) {
    const comment = /^\s*\/\/ ?(.*)$/.exec(line);
    if (comment) {
      comments.push(comment[1] ?? '');
      continue;
    }
    if (line.trim() === '') {
      // A blank line ends a comment block; markers of a type may stand in the block before its own.
      earlier = comments.length > 0 ? comments : earlier;
      comments = [];
      continue;
    }
    if (block === 'top') {
      const struct = /^type (\w+) struct ?\{(\})?/.exec(line);
      const alias = /^type (\w+) (=?\s*(?!struct\b)[^\s{]+)\s*(?:\/\/.*)?$/.exec(line);
      if (struct) {
        name = struct[1] ?? '';
        outer = [...earlier, ...comments];
        fields = [];
        if (struct[2]) state.types.set(name, { name, markers: readMarkers(outer), fields });
        else block = 'struct';
      } else if (alias) {
        state.types.set(alias[1] ?? '', {
          name: alias[1] ?? '',
          markers: readMarkers([...earlier, ...comments]),
          alias: (alias[2] ?? '').replace(/^=\s*/, ''),
        });
      } else if (/^const \($/.test(line)) block = 'const';
      else if (/^import \($/.test(line)) block = 'import';
      else if (line.startsWith('const ')) readConstant(line, state);
      else if (line.startsWith('import ')) readImport(line, state);
      else if (/[{(]$/.test(line)) block = 'skip';
      earlier = [];
    } else if (/^[})]/.test(line)) {
      if (block === 'struct') state.types.set(name, { name, markers: readMarkers(outer), fields });
      block = 'top';
      earlier = [];
    } else if (block === 'struct') {
      const field = readField(line, comments);
      if (field) fields.push(field);
      earlier = [];
    } else if (block === 'const') readConstant(line, state);
    else if (block === 'import') readImport(line, state);
    comments = [];
  }
};

/** Reads every declaration of one package. `root` is the folder that holds `k8s.io`. */
export const readGoPackage = (root: string, path: string): GoPackage => {
  const state: FileState = {
    types: new Map(),
    constants: new Map(),
    constantValues: new Map(),
    imports: new Map(),
    references: [],
  };
  const folder = join(root, path);
  for (const file of readdirSync(folder).sort())
    if (file.endsWith('.go') && !skipped.test(file))
      readFile(readFileSync(join(folder, file), 'utf8'), state);
  return { path, ...state };
};
