/** The levels a namespace asks for, and what a pod violates of one (k8s.io/pod-security-admission/api, 1.36). */

import { type FieldError, invalidValue } from '../../machinery/field-error.ts';
import { baselineChecks } from './baseline.ts';
import type { CheckedPod, CheckPod, Finding, PodSecurityCheck } from './check.ts';
import { restrictedChecks } from './restricted.ts';

export type Level = 'privileged' | 'baseline' | 'restricted';

export interface LevelVersion {
  readonly level: Level;
  /** Minor version, or `latest`. */
  readonly version: number | 'latest';
}

/** What a namespace enforces, audits and warns about. */
export interface Policy {
  readonly enforce: LevelVersion;
  readonly audit: LevelVersion;
  readonly warn: LevelVersion;
}

const PREFIX = 'pod-security.kubernetes.io/';
/** Levels, least strict first. */
export const LEVELS: readonly Level[] = ['privileged', 'baseline', 'restricted'];
const LATEST = 36;
const VERSION = /^v1\.(0|[1-9][0-9]*)$/;

/** `restricted:latest`, `baseline:v1.22` */
export const printLevel = ({ level, version }: LevelVersion): string =>
  `${level}:${version === 'latest' ? version : `v1.${version}`}`;

/** Negative when `one` is less strict than `other`. */
export const compareLevels = (one: Level, other: Level): number =>
  LEVELS.indexOf(one) - LEVELS.indexOf(other);

/** `latest` or `v1.x` as a version; `undefined` for anything else. */
export const parseVersion = (text: string): LevelVersion['version'] | undefined => {
  if (text === 'latest') return 'latest';
  const match = VERSION.exec(text);
  return match === null ? undefined : Number(match[1]);
};

const PRIVILEGED: LevelVersion = { level: 'privileged', version: 'latest' };

/** What holds for namespaces without labels, unless the cluster says otherwise: nothing. */
export const NO_POLICY: Policy = { enforce: PRIVILEGED, audit: PRIVILEGED, warn: PRIVILEGED };

type Labels = Readonly<Record<string, string>> | undefined;
type Mode = keyof Policy;

interface Parsed {
  readonly value: LevelVersion;
  readonly errors: readonly FieldError[];
}

const parseMode = (labels: Labels, mode: Mode, fallback: LevelVersion): Parsed => {
  const levelText = labels?.[`${PREFIX}${mode}`];
  const versionText = labels?.[`${PREFIX}${mode}-version`];
  const errors: FieldError[] = [];
  const fail = (key: string, value: string, detail: string) =>
    errors.push(invalidValue(`metadata.labels[${PREFIX}${key}]`, value, detail));
  let { level, version } = fallback;
  if (levelText !== undefined) {
    const known = LEVELS.find((one) => one === levelText);
    if (known === undefined) fail(mode, levelText, `must be one of ${LEVELS.join(', ')}`);
    // An unreadable enforce level is read as the strictest; audit and warn stay off.
    level = known ?? (mode === 'enforce' ? 'restricted' : 'privileged');
  }
  if (versionText !== undefined) {
    const read = parseVersion(versionText);
    if (read === undefined) fail(`${mode}-version`, versionText, 'must be "latest" or "v1.x"');
    version = read ?? 'latest';
  }
  return { value: { level, version }, errors };
};

/** Reads the labels of a namespace over the cluster's defaults. Errors come in the order enforce, audit, warn. */
export const readPolicy = (
  labels: Labels,
  defaults: Policy = NO_POLICY,
): { readonly policy: Policy; readonly errors: readonly FieldError[] } => {
  const enforce = parseMode(labels, 'enforce', defaults.enforce);
  const audit = parseMode(labels, 'audit', defaults.audit);
  const warn = parseMode(labels, 'warn', defaults.warn);
  const says = (mode: Mode): boolean =>
    labels?.[`${PREFIX}${mode}`] !== undefined || labels?.[`${PREFIX}${mode}-version`] !== undefined;
  // What is enforced is also warned about in workloads, unless the namespace says what to warn about.
  const follows = !says('warn') && compareLevels(enforce.value.level, warn.value.level) > 0;
  return {
    policy: { enforce: enforce.value, audit: audit.value, warn: follows ? enforce.value : warn.value },
    errors: [...enforce.errors, ...audit.errors, ...warn.errors],
  };
};

/** The policy in short: modes that ask for something. */
export const printPolicy = (policy: Policy): string =>
  (['enforce', 'audit', 'warn'] as const)
    .filter((mode) => policy[mode].level !== 'privileged')
    .map((mode) => `${mode}=${printLevel(policy[mode])}`)
    .join(', ');

/** True when nothing can be violated. */
export const isPrivileged = (policy: Policy): boolean =>
  policy.enforce.level === 'privileged' &&
  policy.audit.level === 'privileged' &&
  policy.warn.level === 'privileged';

const formOf = (check: PodSecurityCheck, version: number): CheckPod | undefined =>
  check.versions.findLast(([since]) => since <= version)?.[1];

const checksOf = ({ level, version }: LevelVersion): readonly CheckPod[] => {
  if (level === 'privileged') return [];
  const minor = version === 'latest' ? LATEST : Math.min(version, LATEST);
  const added = level === 'restricted' ? restrictedChecks.filter((check) => formOf(check, minor)) : [];
  const replaced = added.flatMap((check) => check.overrides ?? []);
  return [...baselineChecks.filter((check) => !replaced.includes(check.id)), ...added].flatMap(
    (check) => formOf(check, minor) ?? [],
  );
};

/** What the pod violates of a level, in upstream's order of checks. */
export const evaluatePod = (wanted: LevelVersion, pod: CheckedPod): readonly Finding[] =>
  checksOf(wanted).flatMap((check) => check(pod) ?? []);

/** `reason (detail), reason (detail)` */
export const printFindings = (findings: readonly Finding[]): string =>
  findings.map(({ reason, detail }) => (detail === '' ? reason : `${reason} (${detail})`)).join(', ');

/** `reason, reason` */
export const printReasons = (findings: readonly Finding[]): string =>
  findings.map(({ reason }) => reason).join(', ');
