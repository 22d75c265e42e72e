/** Refusals of YAML in the words of the decoder upstream uses (go-yaml, a port of libyaml), as nearly as may be. */

import type { YAMLParseError } from 'yaml';

/** libyaml counts lines from 0, and prints what its scanner refuses one line further than what its parser refuses. */
type Layer = 'scanner' | 'parser';

const place = (layer: Layer, line: number): string => {
  if (line === 0) return '';
  return `line ${layer === 'scanner' ? line + 1 : line}: `;
};

const tell = (layer: Layer, line: number, problem: string): string => `yaml: ${place(layer, line)}${problem}`;

/** Index of the line on which libyaml sees the stream end: it begins a new one after an unfinished line. */
const endLine = (text: string): number => {
  const lines = text.split('\n').length - 1;
  return text === '' || text.endsWith('\n') ? lines : lines + 1;
};

const unfinishedFlow = (text: string, closing: ']' | '}'): string => {
  const problem = /[[{,:]$/.test(text.trimEnd())
    ? 'did not find expected node content'
    : `did not find expected ',' or '${closing}'`;
  return tell('parser', endLine(text), problem);
};

const unexpected = (message: string, line: number, text: string): string => {
  if (message.includes('block-seq-ind')) {
    return tell('scanner', line, 'block sequence entries are not allowed in this context');
  }
  if (message.includes('flow-map-end') || message.includes('flow-seq-end')) {
    return tell('parser', line, 'did not find expected node content');
  }
  if (text.trimStart().startsWith('- ')) return tell('parser', line, "did not find expected '-' indicator");
  return tell('parser', line, 'did not find expected key');
};

/** The refusal of a text. */
export const yamlRefusal = (error: YAMLParseError, text: string): string => {
  const line = (error.linePos?.[0].line ?? 1) - 1;
  const { code, message } = error;
  switch (code) {
    case 'TAB_AS_INDENT':
    case 'BAD_SCALAR_START':
      return tell('scanner', line, 'found character that cannot start any token');
    case 'BLOCK_AS_IMPLICIT_KEY':
      return tell('scanner', line, 'mapping values are not allowed in this context');
    case 'MULTILINE_IMPLICIT_KEY':
      return tell('scanner', line + 1, "could not find expected ':'");
    case 'BAD_ALIAS':
      return tell('scanner', line, 'did not find expected alphabetic or numeric character');
    case 'BAD_DIRECTIVE':
      return tell('scanner', line, 'found unknown directive name');
    default:
      break;
  }
  if (/^Flow sequence/.test(message)) return unfinishedFlow(text, ']');
  if (/^Flow map/.test(message)) return unfinishedFlow(text, '}');
  if (/^Missing closing/.test(message)) {
    return tell('scanner', text.split('\n').length - 1, 'found unexpected end of stream');
  }
  if (code === 'MISSING_CHAR') return tell('scanner', line + 1, "could not find expected ':'");
  return unexpected(message, line, text);
};

/** A value as Go's `%#v` prints what its YAML decoder makes of it. */
export const printGoSyntax = (value: unknown): string => {
  if (Array.isArray(value)) return `[]interface {}{${value.map(printGoSyntax).join(', ')}}`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(
      ([key, item]) => `${JSON.stringify(key)}:${printGoSyntax(item)}`,
    );
    return `map[interface {}]interface {}{${entries.join(', ')}}`;
  }
  return value === null || value === undefined ? 'interface {}(nil)' : JSON.stringify(value);
};
