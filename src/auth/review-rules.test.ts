import { expect, test } from 'vitest';
import { StatusError } from '../machinery/status.ts';
import { checkReview, type ReviewLike } from './review-rules.ts';

const told = (attributes: NonNullable<NonNullable<ReviewLike['spec']>['resourceAttributes']>): string[] => {
  try {
    checkReview({ spec: { user: 'a', resourceAttributes: attributes } });
    return [];
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return (error.status.details?.causes ?? []).map(({ field, message }) => `${field}: ${message}`);
  }
};

const at = (name: string): string => `spec.resourceAttributes.${name}.requirements`;

test('field requirements need a key and values that fit', () => {
  expect(
    told({
      fieldSelector: {
        requirements: [
          { key: '', operator: 'In' },
          { key: 'a', operator: 'Exists', values: ['x'] },
          { key: 'a', operator: 'Later', values: ['x y'] },
        ],
      },
    }),
  ).toEqual([
    `${at('fieldSelector')}[0].key: Required value: must be specified`,
    `${at('fieldSelector')}[0].values: Required value: must be specified when \`operator\` is 'In' or 'NotIn'`,
    `${at('fieldSelector')}[1].values: Forbidden: may not be specified when \`operator\` is 'Exists' or 'DoesNotExist'`,
  ]);
});

test('label requirements are labels', () => {
  const [key, value] = told({
    labelSelector: { rawSelector: 'a', requirements: [{ key: 'a b', operator: 'In', values: ['x y'] }] },
  }).slice(1);
  expect(key).toMatch(
    /^spec\.resourceAttributes\.labelSelector\.requirements\[0\]\.key: Invalid value: "a b": name part/,
  );
  expect(value).toMatch(/requirements\[0\]\.values\[0\]: Invalid value: "x y": a valid label must be/);
});
