/** Which questions of access make sense (pkg/apis/authorization/validation, 1.36). */

import { type FieldError, invalidValue, printFieldError, required } from '../machinery/field-error.ts';
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

const checkSelector = (selector: SelectorQuestion | null | undefined, path: string): FieldError[] => {
  if (!selector) return [];
  const { rawSelector = '', requirements = [] } = selector;
  if (rawSelector !== '' && requirements.length > 0) {
    return [
      invalidValue(`${path}.rawSelector`, rawSelector, 'may not specified at the same time as requirements'),
    ];
  }
  if (rawSelector === '' && requirements.length === 0) {
    return [
      required(`${path}.requirements`, `when ${path} is specified, requirements or rawSelector is required`),
    ];
  }
  return requirements.flatMap(({ key = '' }, index) =>
    key === '' ? [required(`${path}.requirements[${index}].key`, 'must be specified')] : [],
  );
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
  ...checkSelector(resourceAttributes?.fieldSelector, 'spec.resourceAttributes.fieldSelector'),
  ...checkSelector(resourceAttributes?.labelSelector, 'spec.resourceAttributes.labelSelector'),
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
