/**
 * What names, labels, ports and addresses must look like. Each rule returns upstream's messages (empty when
 * the value is fine), to be put after `Invalid value: "x": ` (apimachinery util/validation, release 1.36).
 */
import { utf8Length } from './deep.ts';

export const MUST_BE_NON_EMPTY = 'must be non-empty';

/** `must be no more than N characters`, used by DNS names. Upstream counts bytes in both messages. */
export const maxCharacters = (limit: number): string => `must be no more than ${limit} characters`;

/** `must be no more than N bytes`, used by label keys and values. */
export const maxBytes = (limit: number): string => `must be no more than ${limit} bytes`;

/** `must be between a and b, inclusive` */
export const inclusiveRange = (low: number, high: number): string =>
  `must be between ${low} and ${high}, inclusive`;

/** The message of a value that does not match `pattern`, with examples in upstream's odd spacing. */
export const patternMessage = (message: string, pattern: string, ...examples: readonly string[]): string => {
  if (examples.length === 0) return `${message} (regex used for validation is '${pattern}')`;
  const list = examples.map((example, i) => `${i > 0 ? ' or ' : ''}'${example}', `).join('');
  return `${message} (e.g. ${list}regex used for validation is '${pattern}')`;
};

interface TextRule {
  readonly pattern: string;
  readonly message: string;
  readonly examples: readonly string[];
}

const whole = (pattern: string): RegExp => new RegExp(`^(?:${pattern})$`);

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const LABEL_UNDERSCORE = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const SUBDOMAIN_UNDERSCORE = `${LABEL_UNDERSCORE}(\\.${LABEL_UNDERSCORE})*`;
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';

const rules = {
  label: {
    pattern: LABEL,
    message:
      "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
    examples: ['my-name', '123-abc'],
  },
  subdomain: {
    pattern: SUBDOMAIN,
    message:
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
    examples: ['example.com'],
  },
  subdomainUnderscore: {
    pattern: SUBDOMAIN_UNDERSCORE,
    message:
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character",
    examples: ['example.com'],
  },
  label1035: {
    pattern: '[a-z]([-a-z0-9]*[a-z0-9])?',
    message:
      "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
    examples: ['my-name', 'abc-123'],
  },
  wildcard: {
    pattern: `\\*\\.${SUBDOMAIN}`,
    message:
      "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character",
    examples: ['*.example.com'],
  },
  qualified: {
    pattern: QUALIFIED,
    message:
      "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
    examples: ['MyName', 'my.name', '123-abc'],
  },
  labelValue: {
    pattern: `(${QUALIFIED})?`,
    message:
      "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
    examples: ['MyValue', 'my_value', '12345'],
  },
  cIdentifier: {
    pattern: '[A-Za-z_][A-Za-z0-9_]*',
    message:
      "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'",
    examples: ['my_name', 'MY_NAME', 'MyName'],
  },
  percent: {
    pattern: '[0-9]+%',
    message: "a valid percent string must be a numeric string followed by an ending '%'",
    examples: ['1%', '93%'],
  },
  headerName: {
    pattern: '[-A-Za-z0-9]+',
    message: "a valid HTTP header must consist of alphanumeric characters or '-'",
    examples: ['X-Header-Name'],
  },
  envName: {
    pattern: '[-._a-zA-Z][-._a-zA-Z0-9]*',
    message:
      "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit",
    examples: ['my.env-name', 'MY_ENV.NAME', 'MyEnvName1'],
  },
  configKey: {
    pattern: '[-._a-zA-Z0-9]+',
    message: "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
    examples: ['key.name', 'KEY_NAME', 'key-name'],
  },
} as const satisfies Record<string, TextRule>;

type RuleName = keyof typeof rules;

const expressions = Object.fromEntries(
  Object.entries(rules).map(([name, rule]) => [name, whole(rule.pattern)]),
) as Readonly<Record<RuleName, RegExp>>;

const complaint = (name: RuleName): string => {
  const { message, pattern, examples } = rules[name];
  return patternMessage(message, pattern, ...examples);
};

const check = (name: RuleName, value: string): string[] =>
  expressions[name].test(value) ? [] : [complaint(name)];

const atMost = (limit: number, value: string): string[] =>
  utf8Length(value) > limit ? [maxCharacters(limit)] : [];

/** A DNS-1123 label: what most names of namespaced, DNS-bound things must be. At most 63 bytes. */
export const dns1123Label = (value: string): string[] => {
  // What matches is ASCII, so characters are bytes; nearly every value ends here (below too).
  if (value.length <= 63 && expressions.label.test(value)) return [];
  const errors = atMost(63, value);
  if (!expressions.label.test(value)) {
    errors.push(expressions.subdomain.test(value) ? 'must not contain dots' : complaint('label'));
  }
  return errors;
};

/** A DNS-1123 subdomain: dots allowed. At most 253 bytes. */
export const dns1123Subdomain = (value: string): string[] =>
  value.length <= 253 && expressions.subdomain.test(value)
    ? []
    : [...atMost(253, value), ...check('subdomain', value)];

/** A DNS-1123 subdomain whose labels may start with and contain `_`. */
export const dns1123SubdomainWithUnderscore = (value: string): string[] => [
  ...atMost(253, value),
  ...check('subdomainUnderscore', value),
];

/** A DNS-1035 label: starts with a letter. At most 63 bytes. */
export const dns1035Label = (value: string): string[] => [...atMost(63, value), ...check('label1035', value)];

/** `*.` followed by a DNS-1123 subdomain. */
export const wildcardSubdomain = (value: string): string[] => [
  ...atMost(253, value),
  ...check('wildcard', value),
];

/** A qualified name, which is also what a label key must be: `[subdomain/]name`. */
export const qualifiedName = (value: string): string[] => {
  if (value.length <= 63 && expressions.qualified.test(value)) return [];
  const parts = value.split('/');
  if (parts.length > 2) {
    return [
      `a valid label key ${complaint('qualified')} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const errors: string[] = [];
  const name = parts[parts.length - 1] ?? '';
  if (parts.length === 2) {
    const prefix = parts[0] ?? '';
    if (prefix === '') errors.push(`prefix part ${MUST_BE_NON_EMPTY}`);
    else {
      // Here upstream says bytes.
      if (utf8Length(prefix) > 253) errors.push(`prefix part ${maxBytes(253)}`);
      errors.push(...check('subdomain', prefix).map((text) => `prefix part ${text}`));
    }
  }
  if (name === '') errors.push(`name part ${MUST_BE_NON_EMPTY}`);
  else if (utf8Length(name) > 63) errors.push(`name part ${maxBytes(63)}`);
  if (!expressions.qualified.test(name)) errors.push(`name part ${complaint('qualified')}`);
  return errors;
};

/** A label value: empty, or like a qualified name without prefix. At most 63 bytes. */
export const labelValue = (value: string): string[] =>
  value.length <= 63 && expressions.labelValue.test(value)
    ? []
    : [...(utf8Length(value) > 63 ? [maxBytes(63)] : []), ...check('labelValue', value)];

/** A path segment: what the names of RBAC objects and of kinds without a stricter rule must be. */
export const pathSegmentName = (value: string): string[] => {
  if (value === '.' || value === '..') return [`may not be '${value}'`];
  return ['/', '%'].filter((bad) => value.includes(bad)).map((bad) => `may not contain '${bad}'`);
};

/** `generateName` is checked as a name with a valid ending: a trailing dash becomes an `a`. */
export const maskTrailingDash = (prefix: string): string =>
  prefix.length > 1 && prefix.endsWith('-') ? `${prefix.slice(0, -2)}a` : prefix;

/** A C identifier. */
export const cIdentifier = (value: string): string[] => check('cIdentifier', value);

/** `12%` */
export const percentText = (value: string): string[] => check('percent', value);

/** An HTTP header name. */
export const httpHeaderName = (value: string): string[] => check('headerName', value);

const notADots = (value: string): string[] => {
  if (value === '.') return ["must not be '.'"];
  if (value === '..') return ["must not be '..'"];
  return value.startsWith('..') ? ["must not start with '..'"] : [];
};

/** The strict rule for environment variable names (before 1.34, and still for `envFrom` prefixes' keys). */
export const envVarName = (value: string): string[] => [...check('envName', value), ...notADots(value)];

/** Environment variable names since 1.34: printable ASCII except `=`. */
export const relaxedEnvVarName = (value: string): string[] => {
  const errors: string[] = [];
  if (value === '') errors.push(`environment variable name ${MUST_BE_NON_EMPTY}`);
  if (!/^[ -<>-~]*$/.test(value)) {
    errors.push(
      "a valid environment variable name must consist only of printable ASCII characters other than '='",
    );
  }
  return errors;
};

/** A key of a ConfigMap or a Secret. */
export const configMapKey = (value: string): string[] => [
  ...atMost(253, value),
  ...check('configKey', value),
  ...notADots(value),
];

/** 1 to 65535. */
export const portNumber = (port: number): string[] =>
  port >= 1 && port <= 65535 ? [] : [inclusiveRange(1, 65535)];

/** 0 to 2^31-1: user and group ids. */
export const userOrGroupId = (id: number): string[] =>
  id >= 0 && id <= 2147483647 ? [] : [inclusiveRange(0, 2147483647)];

/** An IANA service name (RFC 6335), lower case only: at most 15 bytes with at least one letter. */
export const portName = (value: string): string[] => {
  const errors = atMost(15, value);
  if (!/^[-a-z0-9]+$/.test(value)) {
    errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  }
  if (!/[a-z]/.test(value)) errors.push('must contain at least one letter (a-z)');
  if (value.includes('--')) errors.push('must not contain consecutive hyphens');
  if (value.startsWith('-') || value.endsWith('-')) errors.push('must not begin or end with a hyphen');
  return errors;
};

/** A label key and a prefix are the two parts of a domain-prefixed path (`acme.io/foo`). */
export const domainPrefixedPath = (value: string): string[] => {
  const slash = value.indexOf('/');
  if (slash <= 0 || slash === value.length - 1) {
    return ['must be a domain-prefixed path (such as "acme.io/foo")'];
  }
  const errors = dns1123Subdomain(value.slice(0, slash));
  const path = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
  if (!whole(path).test(value.slice(slash + 1))) errors.push(patternMessage('Invalid path', path));
  return errors;
};
