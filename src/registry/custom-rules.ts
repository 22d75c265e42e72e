/** How objects of custom kinds are judged (apiextensions-apiserver pkg/registry/customresource/strategy.go). */

import type { Kind } from '../kinds/define.ts';
import type { CustomResourceDefinition, CustomResourceDefinitionVersion } from '../kinds/generated/types.ts';
import { type FieldError, invalidValue } from '../machinery/field-error.ts';
import { findJsonPath, parseJsonPath } from '../machinery/json-path.ts';
import { asRecord, type KubeObject } from '../machinery/object.ts';
import type { Schema } from '../machinery/schema.ts';
import { parseLabelSelector } from '../machinery/selector.ts';
import { isEmbedded, type Props } from '../machinery/structural/props.ts';
import { hasRules, runRules } from '../machinery/structural/run-rules.ts';
import { validateListTypes, validateValue } from '../machinery/structural/validate-value.ts';
import { checkEmbedded } from './custom-embedded.ts';
import { finalizerWarnings } from './finalizer-warnings.ts';

/** What the rules of a version are made from. */
export interface CustomRulesOptions {
  readonly crd: CustomResourceDefinition;
  readonly version: CustomResourceDefinitionVersion;
  readonly props: Props;
  readonly schema: Schema;
}

/** Errors after which upstream does not run expressions: they could meet values of the wrong shape. */
const BLOCKING: ReadonlySet<FieldError['type']> = new Set<FieldError['type']>([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]);

const unchecked: FieldError = {
  type: 'FieldValueInvalid',
  field: '<nil>',
  text: 'Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
};

const MAX_INT32 = 2147483647;

const replicasErrors = (field: string, value: unknown): FieldError[] => {
  if (typeof value !== 'number') return [];
  if (value < 0) return [invalidValue(field, value, 'should be a non-negative integer')];
  if (value > MAX_INT32) return [invalidValue(field, value, `should be less than or equal to ${MAX_INT32}`)];
  return [];
};

const first = (object: KubeObject, jsonPath: string): unknown => {
  const path = parseJsonPath(jsonPath);
  return path.ok ? findJsonPath(path.value, object)[0] : undefined;
};

type Check = (object: KubeObject) => readonly FieldError[];

const makeScaleChecks = (version: CustomResourceDefinitionVersion): { spec: Check; status: Check } => {
  const scale = version.subresources?.scale;
  if (scale === undefined) return { spec: () => [], status: () => [] };
  const { specReplicasPath, statusReplicasPath, labelSelectorPath = '' } = scale;
  return {
    spec: (object) => replicasErrors(specReplicasPath, first(object, specReplicasPath)),
    status: (object) => {
      const errors = replicasErrors(statusReplicasPath, first(object, statusReplicasPath));
      const selector = labelSelectorPath === '' ? undefined : first(object, labelSelectorPath);
      if (typeof selector !== 'string') return errors;
      const parsed = parseLabelSelector(selector);
      if (!parsed.ok) errors.push(invalidValue(labelSelectorPath, selector, parsed.error));
      return errors;
    },
  };
};

const hasEmbedded = (props: Props): boolean =>
  isEmbedded(props) || JSON.stringify(props).includes('"x-kubernetes-embedded-resource":true');

/** Validation of creates, updates and status writes. */
export const makeCustomRules = ({
  version,
  props,
}: CustomRulesOptions): Pick<
  Kind,
  'validate' | 'validateUpdate' | 'validateStatusUpdate' | 'warnings' | 'warningsOfJudging'
> => {
  const scale = makeScaleChecks(version);
  const embeds = hasEmbedded(props);
  const judged = hasRules(props);
  /** What the last judged change of an object broke that it had broken before. */
  const kept = new WeakMap<KubeObject, readonly string[]>();
  const repeats = (old: KubeObject | undefined): boolean =>
    old !== undefined && validateListTypes(props, old).length > 0;
  const judge = (
    object: KubeObject,
    old: KubeObject | undefined,
    isStatus: boolean,
  ): readonly FieldError[] => {
    const errors: FieldError[] = [
      ...validateValue(props, object, old === undefined ? {} : { old }),
      ...(isStatus ? [] : scale.spec(object)),
      ...scale.status(object),
      ...(embeds ? checkEmbedded(props, asRecord(object)) : []),
      ...(repeats(old) ? [] : validateListTypes(props, object)),
    ];
    if (old !== undefined) kept.delete(old);
    if (errors.some((error) => BLOCKING.has(error.type))) return judged ? [...errors, unchecked] : errors;
    if (!judged) return errors;
    const found = runRules(props, asRecord(object), old === undefined ? undefined : asRecord(old));
    if (old !== undefined && found.warnings.length > 0)
      kept.set(
        old,
        found.warnings.map(({ field, text }) => `${field}: ${text}`),
      );
    return [...errors, ...found.errors];
  };
  return {
    validate: (object) => judge(object, undefined, false),
    validateUpdate: (object, old) => judge(object, old, false),
    validateStatusUpdate: (object, old) => judge(object, old, true),
    warningsOfJudging: (old) => kept.get(old) ?? [],
    warnings: (object, old) => [
      ...(old === undefined ? [] : (kept.get(old) ?? [])),
      ...finalizerWarnings(object, old),
    ],
  };
};
