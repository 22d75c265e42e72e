/** Which questions of access make sense (pkg/apis/authorization/validation, 1.36). */

import {
  type FieldError,
  forbiddenField,
  invalidValue,
  printFieldError,
  required,
} from '../machinery/field-error.ts';
import { labelValue, qualifiedName } from '../machinery/name-rules.ts';
import type { ObjectMeta } from '../machinery/object.ts';
import { makeStatus, StatusError } from '../machinery/status.ts';

interface SelectorQuestion {
  readonly rawSelector?: string;
  readonly requirements?: readonly {
    readonly key?: string;
    readonly operator?: string;
    readonly values?: readonly string[];
  }[];
}

interface ReviewSpec {
  readonly resourceAttributes?: {
    readonly namespace?: string;
    readonly fieldSelector?: SelectorQuestion | null;
    readonly labelSelector?: SelectorQuestion | null;
  } | null;
  readonly nonResourceAttributes?: { readonly path?: string; readonly verb?: string } | null;
  readonly user?: string;
  readonly groups?: readonly string[] | null;
}

/** A review as its validation looks at it. */
export interface ReviewLike {
  readonly metadata?: ObjectMeta;
  readonly spec?: ReviewSpec | null;
}

const GROUP = 'authorization.k8s.io';
const NONE = null;

/** Paths are printed under the names of upstream's internal type. */
const printPath = ({ path = '', verb = '' }: { readonly path?: string; readonly verb?: string }) => ({
  Path: path,
  Verb: verb,
});

type Requirement = NonNullable<SelectorQuestion['requirements']>[number];

/** Operators may be unknown here: newer clients ask what older servers cannot know. */
const checkValues = ({ operator = '', values }: Requirement, path: string): FieldError[] => {
  const count = values?.length ?? 0;
  if ((operator === 'In' || operator === 'NotIn') && count === 0)
    return [required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'")];
  if ((operator === 'Exists' || operator === 'DoesNotExist') && count > 0) {
    const detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
    return [forbiddenField(`${path}.values`, detail)];
  }
  return [];
};

const checkFieldRequirement = (requirement: Requirement, path: string): FieldError[] => [
  ...(requirement.key ? [] : [required(`${path}.key`, 'must be specified')]),
  ...checkValues(requirement, path),
];

const checkLabelRequirement = (requirement: Requirement, path: string): FieldError[] => {
  const { key = '', values } = requirement;
  return [
    ...checkValues(requirement, path),
    ...qualifiedName(key).map((text) => invalidValue(`${path}.key`, key, text)),
    ...(values ?? []).flatMap((value, index) =>
      labelValue(value).map((text) => invalidValue(`${path}.values[${index}]`, value, text)),
    ),
  ];
};

const checkSelector = (
  selector: SelectorQuestion | null | undefined,
  path: string,
  check: (requirement: Requirement, path: string) => FieldError[],
): FieldError[] => {
  if (!selector) return [];
  const { rawSelector = '' } = selector;
  const requirements = selector.requirements ?? [];
  const errors: FieldError[] = [];
  if (rawSelector !== '' && requirements.length > 0) {
    const detail = 'may not specified at the same time as requirements';
    errors.push(invalidValue(`${path}.rawSelector`, rawSelector, detail));
  }
  if (rawSelector === '' && requirements.length === 0) {
    const detail = `when ${path} is specified, requirements or rawSelector is required`;
    errors.push(required(`${path}.requirements`, detail));
  }
  for (const [index, requirement] of requirements.entries())
    errors.push(...check(requirement ?? {}, `${path}.requirements[${index}]`));
  return errors;
};

const checkAttributes = (spec: ReviewSpec): FieldError[] => {
  const { resourceAttributes, nonResourceAttributes } = spec;
  const errors: FieldError[] = [];
  if (resourceAttributes && nonResourceAttributes) {
    errors.push(
      invalidValue(
        'spec.nonResourceAttributes',
        printPath(nonResourceAttributes),
        'cannot be specified in combination with resourceAttributes',
      ),
    );
  }
  if (!resourceAttributes && !nonResourceAttributes) {
    errors.push(
      invalidValue(
        'spec.resourceAttributes',
        NONE,
        'exactly one of nonResourceAttributes or resourceAttributes must be specified',
      ),
    );
  }
  return errors;
};

const checkSelectors = ({ resourceAttributes }: ReviewSpec): FieldError[] => [
  ...checkSelector(
    resourceAttributes?.fieldSelector,
    'spec.resourceAttributes.fieldSelector',
    checkFieldRequirement,
  ),
  ...checkSelector(
    resourceAttributes?.labelSelector,
    'spec.resourceAttributes.labelSelector',
    checkLabelRequirement,
  ),
];

const checkSubject = ({ user = '', groups }: ReviewSpec): FieldError[] =>
  user === '' && (groups ?? []).length === 0
    ? [invalidValue('spec.user', user, 'at least one of user or group must be specified')]
    : [];

const hasMetadata = (metadata: ObjectMeta | undefined, allowed: readonly string[]): boolean =>
  Object.entries(metadata ?? {}).some(
    ([key, value]) =>
      !allowed.includes(key) && key !== 'managedFields' && value !== null && value !== undefined,
  );

const checkMetadata = (metadata: ObjectMeta | undefined, local: boolean): FieldError[] =>
  hasMetadata(metadata, local ? ['namespace'] : [])
    ? [invalidValue('metadata', metadata, local ? 'must be empty except for namespace' : 'must be empty')]
    : [];

const checkLocal = (spec: ReviewSpec, namespace: string): FieldError[] => {
  const { resourceAttributes, nonResourceAttributes } = spec;
  const errors: FieldError[] = [];
  if (resourceAttributes && (resourceAttributes.namespace ?? '') !== namespace) {
    errors.push(
      invalidValue(
        'spec.resourceAttributes.namespace',
        resourceAttributes.namespace ?? '',
        'must match metadata.namespace',
      ),
    );
  }
  if (nonResourceAttributes) {
    errors.push(
      invalidValue(
        'spec.nonResourceAttributes',
        printPath(nonResourceAttributes),
        'disallowed on this kind of request',
      ),
    );
  }
  return errors;
};

/** Upstream names no kind in these refusals, only the group. */
const refuse = (errors: readonly FieldError[]): StatusError => {
  const texts = errors.map((error) => `${error.field}: ${printFieldError(error)}`);
  const list = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
  return new StatusError(
    makeStatus(422, 'Invalid', `.${GROUP} "" is invalid: ${list}`, {
      group: GROUP,
      causes: errors.map((error) => ({
        reason: error.type,
        message: printFieldError(error),
        field: error.field,
      })),
    }),
  );
};

/**
 * Checks an access review. `self` reviews name no subject, `local` ones belong to `namespace`. Throws 422 with
 * every cause.
 */
export const checkReview = (
  review: ReviewLike,
  form: { readonly self?: true; readonly local?: { readonly namespace: string } } = {},
): void => {
  const spec = review.spec ?? {};
  const errors = [
    ...checkAttributes(spec),
    ...(form.self ? [] : checkSubject(spec)),
    ...checkSelectors(spec),
    ...checkMetadata(review.metadata, form.local !== undefined),
    ...(form.local ? checkLocal(spec, form.local.namespace) : []),
  ];
  if (errors.length > 0) throw refuse(errors);
};
