/** Regular expressions of schemas and CEL rules: RE2 syntax, linear time (Go's regexp). */

import { RE2JS } from 're2js';
import { bad, good, type Result } from '../result.ts';

type Compiled = ReturnType<typeof RE2JS.compile>;

/** Compiled patterns; the whole is dropped when it grows large, since clients choose the texts. */
const compiled = new Map<string, Result<Compiled>>();
const LIMIT = 1000;

const messageOf = (error: unknown): string => {
  const text = error instanceof Error ? error.message : String(error);
  return text.startsWith('error parsing regexp') ? text : `error parsing regexp: ${text}`;
};

/** Compiles a pattern; the error is Go's (`error parsing regexp: missing closing ): ...`). */
export const compilePattern = (pattern: string): Result<Compiled> => {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  let made: Result<Compiled>;
  try {
    made = good(RE2JS.compile(pattern));
  } catch (error) {
    made = bad(messageOf(error));
  }
  if (compiled.size >= LIMIT) compiled.clear();
  compiled.set(pattern, made);
  return made;
};

/** Whether a text contains a match; an unreadable pattern matches nothing. */
export const matchesPattern = (pattern: string, text: string): boolean => {
  const made = compilePattern(pattern);
  return made.ok && made.value.matcher(text).find();
};
