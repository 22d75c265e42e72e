import { expect, test } from 'vitest';
import type { KubeObject } from '../../machinery/object.ts';
import { validateDefinition, validateDefinitionUpdate } from './definition-validation.ts';

const SCHEMA = {
  openAPIV3Schema: {
    type: 'object',
    properties: {
      spec: { type: 'object', properties: { a: { type: 'string' }, m: { type: 'object' } } },
      map: { type: 'object', additionalProperties: { type: 'string' } },
    },
  },
};
const OTHER = { openAPIV3Schema: { type: 'object' } };
const VERSION = { name: 'v1', served: true, storage: true, schema: SCHEMA };

const definition = (
  spec: Readonly<Record<string, unknown>>,
  metadata: Readonly<Record<string, unknown>> = {},
  status: Readonly<Record<string, unknown>> = {},
): KubeObject =>
  ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `things.${String(spec['group'] ?? 'example.com')}`, ...metadata },
    spec: {
      group: 'example.com',
      scope: 'Cluster',
      names: { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList' },
      versions: [VERSION],
      ...spec,
    },
    status: { storedVersions: ['v1'], ...status },
  }) as unknown as KubeObject;

const texts = (errors: ReturnType<typeof validateDefinition>): readonly string[] =>
  errors.map(({ field, text }) => `${field}: ${text}`);

const webhook = (client: unknown, versions: readonly string[]): Readonly<Record<string, unknown>> => ({
  conversion: {
    strategy: 'Webhook',
    webhook: { clientConfig: client, conversionReviewVersions: versions },
  },
});

const selects = (...paths: string[]): Readonly<Record<string, unknown>> => ({
  versions: [{ ...VERSION, selectableFields: paths.map((jsonPath) => ({ jsonPath })) }],
});

const warns = (deprecationWarning: string): Readonly<Record<string, unknown>> => ({
  versions: [{ ...VERSION, deprecated: true, deprecationWarning }],
});

const LONG = `${'é'.repeat(129)}\u00a0`;
const BAD_TYPE =
  'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.';

test.each<readonly [string, Readonly<Record<string, unknown>>, readonly string[]]>([
  [
    'a conversion by an address that is no https URL',
    webhook({ url: 'http://x/?a=b' }, ['v1', 'v1', 'V_2']),
    [
      `spec.conversion.webhookClientConfig.url: Invalid value: "http": 'https' is the only allowed URL scheme; desired format: https://host[/path]`,
      'spec.conversion.webhookClientConfig.url: Invalid value: "a=b": query parameters are not permitted in the URL',
      'spec.conversion.conversionReviewVersions[1]: Invalid value: "v1": duplicate version',
      `spec.conversion.conversionReviewVersions[2]: Invalid value: "V_2": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')`,
    ],
  ],
  [
    'a conversion by a service without a name',
    webhook({ service: { namespace: 'x', port: 0 } }, ['v2']),
    [
      'spec.conversion.webhookClientConfig.service.namespace: Required value',
      'spec.conversion.webhookClientConfig.service.port: Invalid value: 0: port is not valid: must be between 1 and 65535, inclusive',
      'spec.conversion.conversionReviewVersions: Invalid value: ["v2"]: must include at least one of v1, v1beta1',
    ],
  ],
  [
    'a conversion of objects that keep what is unknown',
    {
      preserveUnknownFields: true,
      versions: [
        {
          ...VERSION,
          schema: { openAPIV3Schema: { type: 'object', properties: { default: { type: 'string' } } } },
        },
      ],
      ...webhook({ url: 'https://x' }, ['v1']),
    },
    [
      'spec.conversion.strategy: Invalid value: "Webhook": must be None if spec.preserveUnknownFields is true',
      'spec.preserveUnknownFields: Invalid value: true: cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
    ],
  ],
  [
    'selectable fields',
    selects('.spec.a', '.map.x', '.spec', ".spec['a']", '.spec.a', '.', '.spec.a.b', 'spec'),
    [
      `spec.selectableFields[2].jsonPath: Invalid value: ".spec": ${BAD_TYPE}`,
      `spec.selectableFields[3].jsonPath: Invalid value: ".spec['a']": is an invalid path: array notation is not allowed`,
      'spec.selectableFields[4].jsonPath: Duplicate value: ".spec.a"',
      'spec.selectableFields[5].jsonPath: Invalid value: ".": is an invalid path: unexpected end of JSON path',
      'spec.selectableFields[6].jsonPath: Invalid value: ".spec.a.b": is an invalid path: does not refer to a valid field',
      'spec.selectableFields[7].jsonPath: Invalid value: "spec": is an invalid path: expected [ or . but got: spec',
    ],
  ],
  [
    'the same selectable fields of versions with other schemas',
    {
      versions: [
        { ...VERSION, selectableFields: [{ jsonPath: '.spec.a' }] },
        {
          name: 'v2',
          served: true,
          storage: false,
          schema: OTHER,
          selectableFields: [{ jsonPath: '.spec.a' }],
        },
      ],
    },
    ['spec.selectableFields: Invalid value: "": may only be set when `validations.schema` is included'],
  ],
  [
    'an empty warning',
    warns(''),
    ['spec.versions[0].deprecationWarning: Invalid value: "": must not be an empty string'],
  ],
  [
    'a warning that is too long and cannot be printed',
    warns(LONG),
    [
      `spec.versions[0].deprecationWarning: Invalid value: "${'é'.repeat(129)}\\u00a0": must be <= 256 characters long`,
      `spec.versions[0].deprecationWarning: Invalid value: "${'é'.repeat(129)}\\u00a0": must only contain printable UTF-8 characters; non-printable character found at index 258`,
    ],
  ],
])('%s', (_what, spec, errors) => {
  expect(texts(validateDefinition(definition(spec)))).toEqual(errors);
});

test('a stored version that is gone is told after one that is missing', () => {
  const crd = definition({}, {}, { storedVersions: ['v0'] });
  expect(texts(validateDefinition(crd)).map((text) => text.slice(0, 90))).toEqual([
    'status.storedVersions: Invalid value: ["v0"]: must have the storage version v1',
    'status.storedVersions[0]: Invalid value: "v0": missing from spec.versions; v0 was previous',
  ]);
});

const APPROVAL = 'api-approved.kubernetes.io';
const approved = (text?: string): KubeObject =>
  definition({ group: 'x.k8s.io' }, text === undefined ? {} : { annotations: { [APPROVAL]: text } });

test('approvals of protected groups may stay as they are, but not get worse', () => {
  const told = (next?: string, old?: string): readonly string[] =>
    texts(validateDefinitionUpdate(approved(next), approved(old))).map((text) => text.slice(0, 78));
  expect(told(undefined, undefined)).toEqual([]);
  expect(told('why', 'because')).toEqual([]);
  expect(told('https://github.com/x', 'why')).toEqual([]);
  expect(told('unapproved, a try', undefined)).toEqual([]);
  expect(told('why', undefined)).toEqual([
    'metadata.annotations[api-approved.kubernetes.io]: Invalid value: "why": protec',
  ]);
  expect(told(undefined, 'unapproved')).toEqual([
    'metadata.annotations[api-approved.kubernetes.io]: Required value: protected gr',
  ]);
});
