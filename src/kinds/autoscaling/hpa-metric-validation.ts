/** Rules of the metrics of autoscalers (pkg/apis/autoscaling/validation, 1.36). */

import { forbiddenField, invalidValue, notSupported, required } from '../../machinery/field-error.ts';
import { pathSegmentName } from '../../machinery/name-rules.ts';
import { parseGroupVersion } from '../../machinery/names.ts';
import { quantityOf } from '../../machinery/quantity.ts';
import { checkEach, checkLabelName, checkPresent, checkRule, type Errors } from '../common/checks.ts';
import { checkContainerResourceName, shownAmount } from '../core/resource-names.ts';
import type {
  ContainerResourceMetricSource,
  CrossVersionObjectReference,
  ExternalMetricSource,
  MetricIdentifier,
  MetricSpec,
  MetricTarget,
  ObjectMetricSource,
  PodsMetricSource,
  ResourceMetricSource,
} from '../generated/types.ts';

const checkSegment = (errors: Errors, path: string, value: string | undefined, detail = ''): void => {
  if (checkPresent(errors, path, value, detail))
    checkRule(errors, path, value ?? '', pathSegmentName(value ?? ''));
};

/** What a reference's version must be like: `kept` when it stood there before, `named` when it needs a group. */
export type VersionRule = 'kept' | 'any' | 'named';

const checkVersion = (
  errors: Errors,
  path: string,
  ref: Partial<CrossVersionObjectReference>,
  rule: VersionRule,
): void => {
  if (rule === 'kept') return;
  const { apiVersion = '', kind } = ref;
  const parsed = apiVersion === '' ? { group: '', version: '' } : parseGroupVersion(apiVersion);
  if (parsed === undefined) {
    errors.push(invalidValue(path, apiVersion, `unexpected GroupVersion string: ${apiVersion}`));
    return;
  }
  const isCore = apiVersion === 'v1' && kind === 'ReplicationController';
  if (rule === 'named' && parsed.group === '' && !isCore) {
    errors.push(invalidValue(path, apiVersion, 'apiVersion must specify API group'));
  }
};

/** A reference to an object of any kind. */
export const checkObjectReference = (
  errors: Errors,
  path: string,
  ref: CrossVersionObjectReference | undefined,
  rule: VersionRule,
): void => {
  const given: Partial<CrossVersionObjectReference> = ref ?? {};
  checkSegment(errors, `${path}.kind`, given.kind);
  checkSegment(errors, `${path}.name`, given.name);
  checkVersion(errors, `${path}.apiVersion`, given, rule);
};

const TARGET_TYPES = ['Utilization', 'Value', 'AverageValue'];

const checkAmount = (errors: Errors, path: string, amount: string | undefined): void => {
  if (amount === undefined || quantityOf(amount).nano > 0n) return;
  errors.push(invalidValue(path, shownAmount(String(amount)), 'must be positive'));
};

const checkTarget = (errors: Errors, path: string, target: MetricTarget | undefined): void => {
  const { type = '', value, averageValue, averageUtilization } = (target ?? {}) as Partial<MetricTarget>;
  checkPresent(errors, `${path}.type`, type, 'must specify a metric target type');
  if (!TARGET_TYPES.includes(type)) {
    errors.push(invalidValue(`${path}.type`, type, 'must be either Utilization, Value, or AverageValue'));
  }
  checkAmount(errors, `${path}.value`, value);
  checkAmount(errors, `${path}.averageValue`, averageValue);
  if (averageUtilization !== undefined && averageUtilization < 1) {
    errors.push(invalidValue(`${path}.averageUtilization`, averageUtilization, 'must be greater than 0'));
  }
};

const checkIdentifier = (errors: Errors, path: string, metric: MetricIdentifier | undefined): void =>
  checkSegment(errors, `${path}.name`, metric?.name, 'must specify a metric name');

const checkObject = (errors: Errors, path: string, source: ObjectMetricSource): void => {
  checkObjectReference(errors, `${path}.describedObject`, source.describedObject, 'any');
  checkIdentifier(errors, `${path}.metric`, source.metric);
  checkTarget(errors, `${path}.target`, source.target);
  const { value, averageValue } = (source.target ?? {}) as Partial<MetricTarget>;
  if (value === undefined && averageValue === undefined) {
    errors.push(required(`${path}.target.averageValue`, 'must set either a target value or averageValue'));
  }
};

const checkExternal = (errors: Errors, path: string, source: ExternalMetricSource): void => {
  checkIdentifier(errors, `${path}.metric`, source.metric);
  checkTarget(errors, `${path}.target`, source.target);
  const { value, averageValue } = (source.target ?? {}) as Partial<MetricTarget>;
  if (value === undefined && averageValue === undefined) {
    const detail = 'must set either a target value for metric or a per-pod target';
    errors.push(required(`${path}.target.averageValue`, detail));
  }
  if (value !== undefined && averageValue !== undefined) {
    const detail = 'may not set both a target value for metric and a per-pod target';
    errors.push(forbiddenField(`${path}.target.value`, detail));
  }
};

const checkPods = (errors: Errors, path: string, source: PodsMetricSource): void => {
  checkIdentifier(errors, `${path}.metric`, source.metric);
  checkTarget(errors, `${path}.target`, source.target);
  if ((source.target as Partial<MetricTarget> | undefined)?.averageValue === undefined) {
    errors.push(required(`${path}.target.averageValue`, 'must specify a positive target averageValue'));
  }
};

const checkUse = (errors: Errors, path: string, target: MetricTarget | undefined): void => {
  checkTarget(errors, path, target);
  const { averageUtilization: share, averageValue: amount } = (target ?? {}) as Partial<MetricTarget>;
  if (share === undefined && amount === undefined) {
    const detail = 'must set either a target raw value or a target utilization';
    errors.push(required(`${path}.averageUtilization`, detail));
  }
  if (share !== undefined && amount !== undefined) {
    const detail = 'may not set both a target raw value and a target utilization';
    errors.push(forbiddenField(`${path}.averageValue`, detail));
  }
};

const checkResource = (errors: Errors, path: string, source: ResourceMetricSource): void => {
  checkPresent(errors, `${path}.name`, source.name, 'must specify a resource name');
  checkUse(errors, `${path}.target`, source.target);
};

const checkContainerResource = (
  errors: Errors,
  path: string,
  source: ContainerResourceMetricSource,
): void => {
  const { name, container } = source as Partial<ContainerResourceMetricSource>;
  if (checkPresent(errors, `${path}.name`, name, 'must specify a resource name')) {
    checkContainerResourceName(errors, `${path}.name`, name ?? '');
  }
  if (checkPresent(errors, `${path}.container`, container, 'must specify a container')) {
    checkLabelName(errors, `${path}.container`, container ?? '');
  }
  checkUse(errors, `${path}.target`, source.target);
};

type SourceName = Exclude<keyof MetricSpec, 'type'>;

const sources: readonly (readonly [
  SourceName,
  (errors: Errors, path: string, metric: MetricSpec) => void,
])[] = [
  ['object', (errors, path, { object }) => object && checkObject(errors, path, object)],
  ['external', (errors, path, { external }) => external && checkExternal(errors, path, external)],
  ['pods', (errors, path, { pods }) => pods && checkPods(errors, path, pods)],
  ['resource', (errors, path, { resource }) => resource && checkResource(errors, path, resource)],
  [
    'containerResource',
    (errors, path, { containerResource }) =>
      containerResource && checkContainerResource(errors, path, containerResource),
  ],
];

const TYPES = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'];

const checkMetric = (errors: Errors, path: string, metric: MetricSpec): void => {
  const { type = '' } = metric as Partial<MetricSpec>;
  const known = TYPES.includes(type);
  checkPresent(errors, `${path}.type`, type, 'must specify a metric source type');
  if (!known) errors.push(notSupported(`${path}.type`, type, TYPES));
  const present = sources.filter(([name]) => metric[name]);
  const [first] = present;
  first?.[1](errors, `${path}.${first[0]}`, metric);
  const expected = known ? `${type[0]?.toLowerCase()}${type.slice(1)}` : '';
  if (!known) errors.push(notSupported(`${path}.type`, type, TYPES));
  else if (!metric[expected as SourceName]) {
    errors.push(required(`${path}.${expected}`, 'must populate information for the given metric source'));
  }
  if (present.length === 1) return;
  for (const [name] of present) {
    if (name === expected) continue;
    errors.push(forbiddenField(`${path}.${name}`, 'must populate the given metric source only'));
  }
};

/** All metrics; scaling to nothing needs one that lives without pods. */
export const checkMetrics = (
  errors: Errors,
  path: string,
  metrics: readonly MetricSpec[] | undefined,
  minReplicas: number | undefined,
): void => {
  checkEach(errors, path, metrics, checkMetric);
  if (minReplicas !== 0) return;
  if ((metrics ?? []).some(({ type }) => type === 'Object' || type === 'External')) return;
  const detail = 'must specify at least one Object or External metric to support scaling to zero replicas';
  errors.push(forbiddenField(path, detail));
};
