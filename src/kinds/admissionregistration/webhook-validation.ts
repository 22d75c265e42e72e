/** Rules of webhook configurations (upstream: pkg/apis/admissionregistration/validation, 1.36). */

import {
  duplicate,
  type FieldError,
  invalidValue,
  notSupported,
  required,
} from '../../machinery/field-error.ts';
import { dns1035Label, dns1123Subdomain } from '../../machinery/name-rules.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { checkEach, checkPresent, checkRule, type Errors } from '../common/checks.ts';
import { sameValue } from '../common/draft.ts';
import { checkLabelSelector } from '../common/label-selector-validation.ts';
import type { MutatingWebhook, MutatingWebhookConfiguration } from '../generated/types.ts';
import { checkMatchConditions, type ExpressionScope, plainScope } from './expression-validation.ts';
import { checkChoice, checkRuleWithOperations, FAILURE_POLICIES, MATCH_POLICIES } from './rule-validation.ts';
import { checkClientConfig } from './webhook-client-validation.ts';

const REVIEW_VERSIONS = ['v1', 'v1beta1'];
const NO_SIDE_EFFECTS = ['None', 'NoneOnDryRun'];
const ANY_SIDE_EFFECTS = ['None', 'NoneOnDryRun', 'Some', 'Unknown'];
const REINVOCATIONS = ['IfNeeded', 'Never'];

/** What an update must meet: not what the stored object fails already. */
interface Demands {
  readonly noSideEffects: boolean;
  readonly knownReviewVersion: boolean;
  readonly uniqueNames: boolean;
  readonly matchConditions: boolean;
  readonly scope: ExpressionScope;
}

const ALL: Omit<Demands, 'scope'> = {
  noSideEffects: true,
  knownReviewVersion: true,
  uniqueNames: true,
  matchConditions: true,
};

const checkName = (errors: Errors, path: string, name = ''): void => {
  if (!checkPresent(errors, path, name)) return;
  const messages = dns1123Subdomain(name);
  if (messages.length > 0) errors.push(invalidValue(path, name, messages.join(',')));
  else if (name.split('.').length < 3) {
    errors.push(
      invalidValue(path, name, 'should be a domain with at least three segments separated by dots'),
    );
  }
};

const checkSideEffects = (errors: Errors, path: string, effects: string | undefined, none: boolean): void => {
  const allowed = none ? NO_SIDE_EFFECTS : ANY_SIDE_EFFECTS;
  if (effects === undefined || effects === null) {
    errors.push(required(path, `must specify one of ${allowed.join(', ')}`));
  } else if (!allowed.includes(effects)) errors.push(notSupported(path, effects, allowed));
};

const checkReviewVersions = (
  errors: Errors,
  path: string,
  versions: readonly string[],
  known: boolean,
): void => {
  if (versions.length === 0) {
    errors.push(required(path, `must specify one of ${REVIEW_VERSIONS.join(', ')}`));
    return;
  }
  const seen = new Set<string>();
  checkEach(errors, path, versions, (found, at, version) => {
    if (seen.has(version)) found.push(invalidValue(at, version, 'duplicate version'));
    else checkRule(found, at, version, dns1035Label(version));
    seen.add(version);
  });
  if (known && !versions.some((version) => REVIEW_VERSIONS.includes(version))) {
    errors.push(invalidValue(path, versions, `must include at least one of ${REVIEW_VERSIONS.join(', ')}`));
  }
};

const checkWebhook = (errors: Errors, path: string, hook: MutatingWebhook, demands: Demands): void => {
  checkName(errors, `${path}.name`, hook.name);
  checkEach(errors, `${path}.rules`, hook.rules, checkRuleWithOperations);
  checkChoice(errors, `${path}.failurePolicy`, hook.failurePolicy, FAILURE_POLICIES);
  checkChoice(errors, `${path}.matchPolicy`, hook.matchPolicy, MATCH_POLICIES);
  checkSideEffects(errors, `${path}.sideEffects`, hook.sideEffects, demands.noSideEffects);
  const { timeoutSeconds: timeout } = hook;
  if (timeout !== undefined && (timeout > 30 || timeout < 1)) {
    const detail = 'the timeout value must be between 1 and 30 seconds';
    errors.push(invalidValue(`${path}.timeoutSeconds`, timeout, detail));
  }
  checkLabelSelector(errors, `${path}.namespaceSelector`, hook.namespaceSelector);
  checkLabelSelector(errors, `${path}.objectSelector`, hook.objectSelector);
  checkChoice(errors, `${path}.reinvocationPolicy`, hook.reinvocationPolicy, REINVOCATIONS);
  checkClientConfig(errors, `${path}.clientConfig`, hook.clientConfig);
  if (!demands.matchConditions) return;
  checkMatchConditions(errors, `${path}.matchConditions`, hook.matchConditions, demands.scope);
};

const check = (hooks: readonly MutatingWebhook[], demands: Demands): FieldError[] => {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  checkEach(errors, 'webhooks', hooks, (found, path, hook) => {
    checkWebhook(found, path, hook, demands);
    const versions = hook.admissionReviewVersions ?? [];
    checkReviewVersions(found, `${path}.admissionReviewVersions`, versions, demands.knownReviewVersion);
    const name = hook.name ?? '';
    if (!demands.uniqueNames || name === '') return;
    if (names.has(name)) found.push(duplicate(`${path}.name`, name));
    names.add(name);
  });
  return errors;
};

const hooksOf = (object: KubeObject): readonly MutatingWebhook[] =>
  (object as MutatingWebhookConfiguration).webhooks ?? [];

/** Errors of a new configuration; validating webhooks are mutating ones without reinvocation. */
export const validateWebhooks = (object: KubeObject): FieldError[] =>
  check(hooksOf(object), { ...ALL, scope: plainScope() });

const demandsOf = (next: readonly MutatingWebhook[], old: readonly MutatingWebhook[]): Demands => ({
  noSideEffects: old.every(({ sideEffects }) => NO_SIDE_EFFECTS.includes(sideEffects ?? '')),
  knownReviewVersion: old.every(({ admissionReviewVersions: versions }) => {
    const listed = versions ?? [];
    return listed.length === 0 || listed.some((version) => REVIEW_VERSIONS.includes(version));
  }),
  uniqueNames: new Set(old.map(({ name }) => name)).size === old.length,
  matchConditions:
    next.length !== old.length ||
    next.some(({ matchConditions }, index) => !sameValue(matchConditions, old[index]?.matchConditions)),
  scope: {
    ...plainScope(),
    stored: new Set(
      old.flatMap(({ matchConditions }) => (matchConditions ?? []).map(({ expression }) => expression)),
    ),
  },
});

/** Errors of a changed configuration. */
export const validateWebhooksUpdate = (object: KubeObject, old: KubeObject): FieldError[] =>
  check(hooksOf(object), demandsOf(hooksOf(object), hooksOf(old)));
