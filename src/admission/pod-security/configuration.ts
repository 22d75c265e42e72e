/**
 * A PodSecurityConfiguration: what a real API server reads from the file of `--admission-control-config-file`
 * (k8s.io/pod-security-admission/admission/api, v1).
 */

import { LEVELS, type LevelVersion, NO_POLICY, type Policy, parseVersion, printLevel } from './policy.ts';

/** Defaults for namespaces without labels, and who is let through. */
export interface PodSecurityConfiguration {
  readonly defaults: Policy;
  readonly exemptions: {
    readonly usernames: readonly string[];
    readonly namespaces: readonly string[];
    readonly runtimeClasses: readonly string[];
  };
}

/** Nothing asked for, nobody exempt. */
export const NO_CONFIGURATION: PodSecurityConfiguration = {
  defaults: NO_POLICY,
  exemptions: { usernames: [], namespaces: [], runtimeClasses: [] },
};

const API_VERSION = 'pod-security.admission.config.k8s.io/v1';
const KIND = 'PodSecurityConfiguration';
const MODES = ['enforce', 'audit', 'warn'] as const;
const EXEMPT = ['usernames', 'namespaces', 'runtimeClasses'] as const;
/** More names than a file anybody keeps has. */
const MAX_NAMES = 500;

type Json = Readonly<Record<string, unknown>>;

const isJson = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const objectAt = (from: Json, field: string, problems: string[]): Json => {
  const value = from[field] ?? {};
  if (isJson(value)) return value;
  problems.push(`${field}: Invalid value: must be an object`);
  return {};
};

const readMode = (defaults: Json, mode: string, problems: string[]): LevelVersion => {
  const level = defaults[mode] ?? 'privileged';
  const version = defaults[`${mode}-version`] ?? 'latest';
  const known = LEVELS.find((one) => one === level);
  const read = typeof version === 'string' ? parseVersion(version) : undefined;
  if (known === undefined) {
    problems.push(
      `defaults.${mode}: Invalid value: ${JSON.stringify(level)}: must be one of ${LEVELS.join(', ')}`,
    );
  }
  if (read === undefined) {
    problems.push(
      `defaults.${mode}-version: Invalid value: ${JSON.stringify(version)}: must be "latest" or "v1.x"`,
    );
  }
  return { level: known ?? 'privileged', version: read ?? 'latest' };
};

const readNames = (exemptions: Json, field: string, problems: string[]): readonly string[] => {
  const given = exemptions[field] ?? [];
  const isList = Array.isArray(given) && given.every((name) => typeof name === 'string' && name !== '');
  if (!isList || given.length > MAX_NAMES) {
    problems.push(`exemptions.${field}: Invalid value: must be a list of at most ${MAX_NAMES} names`);
    return [];
  }
  for (const [index, name] of given.entries()) {
    if (given.indexOf(name) !== index)
      problems.push(`exemptions.${field}[${index}]: Duplicate value: ${JSON.stringify(name)}`);
  }
  return given as readonly string[];
};

const refuseUnknown = (from: Json, path: string, known: readonly string[], problems: string[]): void => {
  for (const field of Object.keys(from)) {
    if (!known.includes(field)) problems.push(`unknown field "${path}${field}"`);
  }
};

/** Reads a configuration, or says everything that is wrong with it. */
export const parseConfiguration = (
  given: unknown,
): { readonly configuration: PodSecurityConfiguration } | { readonly problems: readonly string[] } => {
  if (!isJson(given)) return { problems: ['a configuration is an object'] };
  const problems: string[] = [];
  if (given['apiVersion'] !== API_VERSION) problems.push(`apiVersion must be ${API_VERSION}`);
  if (given['kind'] !== KIND) problems.push(`kind must be ${KIND}`);
  refuseUnknown(given, '', ['apiVersion', 'kind', 'defaults', 'exemptions'], problems);
  const defaults = objectAt(given, 'defaults', problems);
  const exemptions = objectAt(given, 'exemptions', problems);
  refuseUnknown(
    defaults,
    'defaults.',
    MODES.flatMap((mode) => [mode, `${mode}-version`]),
    problems,
  );
  refuseUnknown(exemptions, 'exemptions.', EXEMPT, problems);
  const modes = (mode: string) => readMode(defaults, mode, problems);
  const names = (field: string) => readNames(exemptions, field, problems);
  const configuration: PodSecurityConfiguration = {
    defaults: { enforce: modes('enforce'), audit: modes('audit'), warn: modes('warn') },
    exemptions: {
      usernames: names('usernames'),
      namespaces: names('namespaces'),
      runtimeClasses: names('runtimeClasses'),
    },
  };
  return problems.length === 0 ? { configuration } : { problems };
};

/** A configuration as the object it is read from. */
export const printConfiguration = ({ defaults, exemptions }: PodSecurityConfiguration): Json => ({
  apiVersion: API_VERSION,
  kind: KIND,
  defaults: Object.fromEntries(
    MODES.flatMap((mode) => {
      const [level, version] = printLevel(defaults[mode]).split(':');
      return [
        [mode, level],
        [`${mode}-version`, version],
      ];
    }),
  ),
  exemptions,
});
