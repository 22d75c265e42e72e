/**
 * Label selectors: the text grammar and the LabelSelector object, one form inside (apimachinery pkg/labels,
 * meta/v1 helpers). Field selectors live in field-selector.ts.
 */
import { type FieldError, invalidValue, notSupported, printFieldErrors } from './field-error.ts';
import { labelValue, qualifiedName } from './name-rules.ts';
import { bad, good, type Result } from './result.ts';

export type Operator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt';

/** One condition; all conditions of a selector must hold. */
export interface Requirement {
  readonly key: string;
  readonly operator: Operator;
  readonly values: readonly string[];
}

/** A conjunction sorted by key; empty matches everything. `nothing` (a null LabelSelector) matches nothing. */
export type LabelSelectorTerms = readonly Requirement[] | 'nothing';

export type Labels = Readonly<Record<string, string>> | undefined;

/** The selector without conditions: matches everything. */
export const EVERYTHING: LabelSelectorTerms = [];

const INTEGER = /^[-+]?[0-9]+$/;

const integerOf = (text: string): bigint | undefined => {
  if (!INTEGER.test(text)) return undefined;
  const value = BigInt(text.replace(/^\+/, ''));
  return BigInt.asIntN(64, value) === value ? value : undefined;
};

const meets = (requirement: Requirement, labels: Labels): boolean => {
  const { key, operator, values } = requirement;
  const value = labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case '=':
    case '==':
    case 'in':
      return value !== undefined && values.includes(value);
    case '!=':
    case 'notin':
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    case 'gt':
    case 'lt': {
      const have = value === undefined ? undefined : integerOf(value);
      const limit = integerOf(values[0] ?? '');
      if (have === undefined || limit === undefined) return false;
      return operator === 'gt' ? have > limit : have < limit;
    }
    default:
      return operator satisfies never;
  }
};

/** Whether the labels meet every condition. Absent labels are an empty set. */
export const matchesLabels = (selector: LabelSelectorTerms, labels: Labels): boolean => {
  if (selector === 'nothing') return false;
  for (const requirement of selector) if (!meets(requirement, labels)) return false;
  return true;
};

/** Whether the selector restricts nothing. */
export const selectsEverything = (selector: LabelSelectorTerms): boolean => selector.length === 0;

const printRequirement = ({ key, operator, values }: Requirement): string => {
  const sorted = values.length > 1 ? [...values].sort() : values;
  switch (operator) {
    case 'exists':
      return key;
    case '!':
      return `!${key}`;
    case 'in':
    case 'notin':
      return `${key} ${operator} (${sorted.join(',')})`;
    case 'gt':
    case 'lt':
      return `${key}${operator === 'gt' ? '>' : '<'}${values[0] ?? ''}`;
    default:
      return `${key}${operator}${sorted.join(',')}`;
  }
};

/** Canonical text of a selector; `nothing` prints as the empty text, as upstream does. */
export const printLabelSelector = (selector: LabelSelectorTerms): string =>
  selector === 'nothing' ? '' : selector.map(printRequirement).join(',');

/** The value a label must have because of `=`, `==` or a single-valued `in`; `undefined` when it may vary. */
export const requiredLabelValue = (selector: LabelSelectorTerms, key: string): string | undefined => {
  if (selector === 'nothing') return undefined;
  const requirement = selector.find((candidate) => candidate.key === key);
  if (requirement?.values.length !== 1) return undefined;
  return ['=', '==', 'in'].includes(requirement.operator) ? requirement.values[0] : undefined;
};

const byKey = (left: Requirement, right: Requirement): number =>
  left.key < right.key ? -1 : left.key > right.key ? 1 : 0;

const requirementErrors = ({ key, operator, values }: Requirement): FieldError[] => {
  const errors: FieldError[] = [];
  const keyErrors = qualifiedName(key);
  if (keyErrors.length > 0) errors.push(invalidValue('key', key, keyErrors.join('; ')));
  if ((operator === 'in' || operator === 'notin') && values.length === 0) {
    errors.push(invalidValue('values', [], "for 'in', 'notin' operators, values set can't be empty"));
  }
  if (operator === 'gt' || operator === 'lt') {
    values.forEach((value, i) => {
      if (integerOf(value) === undefined) {
        const text = "for 'Gt', 'Lt' operators, the value must be an integer";
        errors.push(invalidValue(`values[${i}]`, value, text));
      }
    });
  }
  values.forEach((value, i) => {
    const texts = labelValue(value);
    if (texts.length > 0) errors.push(invalidValue(`values[${i}][${key}]`, value, texts.join('; ')));
  });
  return errors;
};

interface Token {
  readonly kind: 'id' | 'symbol' | 'error' | 'end';
  readonly text: string;
}

const SYMBOLS = new Set([')', ',', '!', '==', '=', '>', '<', '!=', '(']);
const isSymbolCharacter = (character: string): boolean => '=!(),><'.includes(character);
const isSpace = (character: string): boolean => ' \t\r\n'.includes(character);

/** Longest known operator first; a run of symbol characters that starts with none is an error token. */
const scanSymbol = (text: string, start: number): { token: Token; next: number } => {
  let buffer = '';
  let found = '';
  let position = start;
  while (position < text.length && isSymbolCharacter(text.charAt(position))) {
    buffer += text.charAt(position);
    if (SYMBOLS.has(buffer)) found = buffer;
    else if (found !== '') break;
    position++;
  }
  if (found === '') {
    return { token: { kind: 'error', text: `error expected: keyword found '${buffer}'` }, next: position };
  }
  return { token: { kind: 'symbol', text: found }, next: position };
};

const scan = (text: string): Token[] => {
  const tokens: Token[] = [];
  let position = 0;
  while (position < text.length && text.charAt(position) !== '\0') {
    const character = text.charAt(position);
    if (isSpace(character)) {
      position++;
    } else if (isSymbolCharacter(character)) {
      const { token, next } = scanSymbol(text, position);
      tokens.push(token);
      position = next;
    } else {
      let end = position;
      while (end < text.length && !isSpace(text.charAt(end)) && !isSymbolCharacter(text.charAt(end))) end++;
      tokens.push({ kind: 'id', text: text.slice(position, end) });
      position = end;
    }
  }
  tokens.push({ kind: 'end', text: '' });
  return tokens;
};

/** A refusal on its way to the caller of the parser; never leaves this file. */
class ParseFailure extends Error {}

const OPERATORS: Readonly<Record<string, Operator>> = {
  in: 'in',
  notin: 'notin',
  '=': '=',
  '==': '==',
  '!=': '!=',
  '>': 'gt',
  '<': 'lt',
};

class Parser {
  readonly #tokens: readonly Token[];
  #position = 0;

  constructor(text: string) {
    this.#tokens = scan(text);
  }

  #peek(): Token {
    return this.#tokens[this.#position] ?? { kind: 'end', text: '' };
  }

  #take(): Token {
    const token = this.#peek();
    this.#position++;
    return token;
  }

  #at(symbol: string): boolean {
    const token = this.#peek();
    return token.kind === 'symbol' && token.text === symbol;
  }

  #startsRequirement(): boolean {
    return this.#peek().kind === 'id' || this.#at('!');
  }

  parse(): Requirement[] {
    const requirements: Requirement[] = [];
    for (;;) {
      if (this.#peek().kind === 'end') return requirements;
      if (!this.#startsRequirement()) {
        throw new ParseFailure(`found '${this.#peek().text}', expected: !, identifier, or 'end of string'`);
      }
      requirements.push(this.#requirement());
      const separator = this.#take();
      if (separator.kind === 'end') return requirements;
      if (separator.kind !== 'symbol' || separator.text !== ',') {
        throw new ParseFailure(`found '${separator.text}', expected: ',' or 'end of string'`);
      }
      if (!this.#startsRequirement()) {
        throw new ParseFailure(`found '${this.#peek().text}', expected: identifier after ','`);
      }
    }
  }

  #requirement(): Requirement {
    try {
      const requirement = this.#readRequirement();
      const errors = requirementErrors(requirement);
      if (errors.length > 0) throw new ParseFailure(printFieldErrors(errors));
      return requirement;
    } catch (error) {
      if (error instanceof ParseFailure) {
        throw new ParseFailure(`unable to parse requirement: ${error.message}`);
      }
      throw error;
    }
  }

  #readRequirement(): Requirement {
    const negated = this.#at('!');
    if (negated) this.#take();
    const key = this.#take();
    if (key.kind !== 'id') throw new ParseFailure(`found '${key.text}', expected: identifier`);
    const keyErrors = qualifiedName(key.text);
    if (keyErrors.length > 0) {
      throw new ParseFailure(printFieldErrors([invalidValue('<nil>', key.text, keyErrors.join('; '))]));
    }
    // `!key` stands alone whatever follows; the caller then refuses what is not a separator.
    if (negated) return { key: key.text, operator: '!', values: [] };
    if (this.#peek().kind === 'end' || this.#at(','))
      return { key: key.text, operator: 'exists', values: [] };
    const token = this.#take();
    const operator =
      token.kind !== 'error' && Object.hasOwn(OPERATORS, token.text) ? OPERATORS[token.text] : undefined;
    if (!operator) {
      throw new ParseFailure(`found '${token.text}', expected: in, notin, =, ==, !=, gt, lt`);
    }
    const values = operator === 'in' || operator === 'notin' ? this.#values() : [this.#exactValue()];
    return { key: key.text, operator, values: [...new Set(values)].sort() };
  }

  #exactValue(): string {
    if (this.#peek().kind === 'end' || this.#at(',')) return '';
    const token = this.#take();
    if (token.kind !== 'id') throw new ParseFailure(`found '${token.text}', expected: identifier`);
    return token.text;
  }

  #values(): string[] {
    const open = this.#take();
    if (open.kind !== 'symbol' || open.text !== '(') {
      throw new ParseFailure(`found '${open.text}' expected: '('`);
    }
    if (this.#at(')')) {
      this.#take();
      return [''];
    }
    if (this.#peek().kind !== 'id' && !this.#at(',')) {
      throw new ParseFailure(`found '${this.#peek().text}', expected: ',', ')' or identifier`);
    }
    const values = this.#identifiers();
    this.#take();
    return values;
  }

  /** Reads up to, not including, the closing parenthesis; missing items are empty texts. */
  #identifiers(): string[] {
    const values: string[] = [];
    for (;;) {
      const token = this.#take();
      if (token.kind === 'id') {
        values.push(token.text);
        if (this.#at(')')) return values;
        if (!this.#at(',')) throw new ParseFailure(`found '${this.#peek().text}', expected: ',' or ')'`);
      } else if (token.kind === 'symbol' && token.text === ',') {
        if (values.length === 0) values.push('');
        if (this.#at(')')) {
          values.push('');
          return values;
        }
        if (this.#at(',')) values.push('');
      } else {
        throw new ParseFailure(`found '${token.text}', expected: ',', or identifier`);
      }
    }
  }
}

/** Parses `a=b,c in (d,e),!f`; refusals carry upstream's texts. The empty text selects everything. */
export const parseLabelSelector = (text: string): Result<LabelSelectorTerms> => {
  try {
    return good(new Parser(text).parse().sort(byKey));
  } catch (error) {
    if (error instanceof ParseFailure) return bad(error.message);
    throw error;
  }
};

/** The LabelSelector of an object. */
export interface LabelSelectorObject {
  readonly matchLabels?: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly {
    readonly key: string;
    readonly operator: string;
    readonly values?: readonly string[];
  }[];
}

const OBJECT_OPERATORS: Readonly<Record<string, Operator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
};

/**
 * A LabelSelector object as terms: absent selects nothing, empty selects everything. An invalid one (which
 * validation refuses beforehand) is a refusal with upstream's text.
 */
export const fromLabelSelector = (selector: LabelSelectorObject | undefined): Result<LabelSelectorTerms> => {
  if (!selector) return good('nothing');
  const terms: Requirement[] = Object.entries(selector.matchLabels ?? {}).map(([key, value]) => ({
    key,
    operator: '=',
    values: [value],
  }));
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    const known = Object.hasOwn(OBJECT_OPERATORS, operator) ? OBJECT_OPERATORS[operator] : undefined;
    if (!known) return bad(`${JSON.stringify(operator)} is not a valid label selector operator`);
    terms.push({ key, operator: known, values: values ?? [] });
  }
  const errors = terms.flatMap(requirementErrors);
  return errors.length > 0 ? bad(printFieldErrors(errors)) : good(terms.sort(byKey));
};

/**
 * Whether an object's LabelSelector matches labels. Absent and invalid selectors match nothing: an invalid
 * one cannot be stored, so no controller needs an error path for it.
 */
export const matchesSelector = (selector: LabelSelectorObject | undefined, labels: Labels): boolean => {
  const terms = fromLabelSelector(selector);
  return terms.ok && matchesLabels(terms.value, labels);
};

/** A plain map (Service, ReplicationController selectors) as terms; empty or absent selects everything. */
export const fromLabelMap = (map: Labels): LabelSelectorTerms =>
  Object.entries(map ?? {})
    .map(([key, value]): Requirement => ({ key, operator: '=', values: [value] }))
    .sort(byKey);

/** Field errors for a numeric operator list, for callers that validate selectors of other shapes. */
export const unsupportedOperator = (field: string, operator: string): FieldError =>
  notSupported(field, operator, Object.keys(OBJECT_OPERATORS));
