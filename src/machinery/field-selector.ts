/** Field selectors: `metadata.name=a,status.phase!=Running` (apimachinery pkg/fields). */
import { bad, good, type Result } from './result.ts';

export interface FieldTerm {
  readonly field: string;
  readonly operator: '=' | '!=';
  readonly value: string;
}

/** A conjunction in the order of its sorted texts; empty matches everything. */
export type FieldSelector = readonly FieldTerm[];

const splitTerms = (selector: string): string[] => {
  const terms: string[] = [];
  let start = 0;
  let escaped = false;
  for (let i = 0; i < selector.length; i++) {
    const character = selector.charAt(i);
    if (escaped) escaped = false;
    else if (character === '\\') escaped = true;
    else if (character === ',') {
      terms.push(selector.slice(start, i));
      start = i + 1;
    }
  }
  terms.push(selector.slice(start));
  return terms;
};

const splitTerm = (term: string): { left: string; operator: '=' | '!='; right: string } | undefined => {
  for (let i = 0; i < term.length; i++) {
    const rest = term.slice(i, i + 2);
    if (rest === '!=') return { left: term.slice(0, i), operator: '!=', right: term.slice(i + 2) };
    if (rest === '==') return { left: term.slice(0, i), operator: '=', right: term.slice(i + 2) };
    if (rest.startsWith('=')) return { left: term.slice(0, i), operator: '=', right: term.slice(i + 1) };
  }
  return undefined;
};

const unescapeValue = (text: string): Result<string> => {
  let out = '';
  for (let i = 0; i < text.length; i++) {
    const character = text.charAt(i);
    if (character === '\\') {
      const next = text.charAt(++i);
      if (next === '') return bad('invalid field selector: invalid escape sequence: \\');
      if (!'\\,='.includes(next)) return bad(`invalid field selector: invalid escape sequence: \\${next}`);
      out += next;
    } else if (character === ',' || character === '=') {
      return bad(`invalid field selector: unescaped character in value: ${character.charCodeAt(0)}`);
    } else out += character;
  }
  return good(out);
};

/** Parses a field selector; refusals carry upstream's texts. Which fields exist is the kind's affair. */
export const parseFieldSelector = (text: string): Result<FieldSelector> => {
  const terms: FieldTerm[] = [];
  for (const part of splitTerms(text).sort()) {
    if (part === '') continue;
    const split = splitTerm(part);
    if (!split) return bad(`invalid selector: '${text}'; can't understand '${part}'`);
    const value = unescapeValue(split.right);
    if (!value.ok) return value;
    terms.push({ field: split.left, operator: split.operator, value: value.value });
  }
  return good(terms);
};

const escapeValue = (value: string): string => value.replace(/[\\,=]/g, (character) => `\\${character}`);

/** Canonical text of a field selector. */
export const printFieldSelector = (selector: FieldSelector): string =>
  selector.map(({ field, operator, value }) => `${field}${operator}${escapeValue(value)}`).join(',');

/** Whether every term holds; `read` returns a field's value, absent ones as the empty text. */
export const matchesFields = (selector: FieldSelector, read: (field: string) => string): boolean => {
  for (const { field, operator, value } of selector) {
    if ((read(field) === value) !== (operator === '=')) return false;
  }
  return true;
};

/** The value a field must have because of `=`; `undefined` when it may vary. */
export const requiredFieldValue = (selector: FieldSelector, field: string): string | undefined =>
  selector.find((term) => term.field === field && term.operator === '=')?.value;
