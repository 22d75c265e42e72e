import { describe, expect, test } from 'vitest';
import { Harness } from '../../../test/support/harness.ts';

const GROUP = '/apis/admissionregistration.k8s.io/v1';
const MAPS = '/api/v1/namespaces/default/configmaps';
const RULES = [
  {
    apiGroups: ['', 'apps'],
    apiVersions: ['v1'],
    operations: ['CREATE'],
    resources: ['configmaps', 'pods', 'deployments'],
  },
];

type Mode = 'Validating' | 'Mutating';

const addPolicy = (
  harness: Harness,
  mode: Mode,
  name: string,
  spec: object,
  bindings: Record<string, object> = { b: mode === 'Validating' ? { validationActions: ['Deny'] } : {} },
): void => {
  const resource = `${mode.toLowerCase()}admissionpolic`;
  const more = mode === 'Mutating' ? { reinvocationPolicy: 'Never' } : {};
  harness.expect(201, 'POST', `${GROUP}/${resource}ies`, {
    body: {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: `${mode}AdmissionPolicy`,
      metadata: { name },
      spec: { matchConstraints: { resourceRules: RULES }, ...more, ...spec },
    },
  });
  for (const [binding, given] of Object.entries(bindings)) {
    harness.expect(201, 'POST', `${GROUP}/${resource}ybindings`, {
      body: {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: `${mode}AdmissionPolicyBinding`,
        metadata: { name: `${name}-${binding}` },
        spec: { policyName: name, ...given },
      },
    });
  }
};

const make = (): Harness => new Harness({ settings: { nodes: [] }, actors: [] });
const create = (harness: Harness, body: object = {}) =>
  harness.request('POST', MAPS, { body: { metadata: { name: 'c' }, data: { a: '1' }, ...body } });

const apply = (expression: string) => ({
  patchType: 'ApplyConfiguration',
  applyConfiguration: { expression },
});
const patch = (expression: string) => ({ patchType: 'JSONPatch', jsonPatch: { expression } });
const denied = (text: string, policy = 'm') =>
  `policy '${policy}' with binding '${policy}-b' denied request: ${text}`;

describe('validating policies', () => {
  const failing = (message: string) => ({ validations: [{ expression: 'false', message }] });

  test('all have their say, and the first refusal is told', () => {
    const harness = make();
    addPolicy(harness, 'Validating', 'p1', failing('one'), {
      a: { validationActions: ['Deny'] },
      b: { validationActions: ['Deny'] },
    });
    addPolicy(harness, 'Validating', 'p2', failing('two'), { b: { validationActions: ['Warn'] } });
    const reply = create(harness);
    expect(reply.json).toMatchObject({
      code: 422,
      message: `configmaps "c" is forbidden: ValidatingAdmissionPolicy 'p1' with binding 'p1-a' denied request: one`,
    });
    expect(reply.headers['Warning']).toContain(`'p2' with binding 'p2-b': two`);
  });

  test('refusals carry the warnings told before', () => {
    const harness = make();
    addPolicy(harness, 'Validating', 'p', failing('no'));
    const body = {
      metadata: { name: 'p', annotations: { 'seccomp.security.alpha.kubernetes.io/pod': 'runtime/default' } },
      spec: { containers: [{ name: 'a', image: 'a' }] },
    };
    const reply = harness.request('POST', '/api/v1/namespaces/default/pods', { body });
    expect(reply.headers['Warning']).toContain('non-functional in v1.27+');
  });

  test('deletes tell their warnings', () => {
    const harness = make();
    const matchConstraints = { resourceRules: [{ ...RULES[0], operations: ['DELETE'] }] };
    addPolicy(
      harness,
      'Validating',
      'p',
      { matchConstraints, ...failing('careful') },
      { b: { validationActions: ['Warn'] } },
    );
    create(harness);
    const reply = harness.request('DELETE', `${MAPS}/c`);
    expect(reply.headers['Warning']).toContain('careful');
  });

  test('an annotation that fails refuses, whatever the actions are', () => {
    const harness = make();
    addPolicy(
      harness,
      'Validating',
      'p',
      { auditAnnotations: [{ key: 'k', valueExpression: 'string(object.data.zz)' }] },
      { b: { validationActions: ['Warn'] } },
    );
    const reply = create(harness);
    expect(reply.headers['Warning']).toBeUndefined();
    expect(reply.json).toMatchObject({
      code: 422,
      message: `configmaps "c" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'p-b' denied request: expression 'string(object.data.zz)' resulted in error: no such key: zz`,
    });
  });

  test('a parameter kind that nothing serves is the fault of the policy', () => {
    const harness = make();
    const paramKind = { apiVersion: 'example.com/v1', kind: 'Limit' };
    const paramRef = { name: 'x', parameterNotFoundAction: 'Deny' };
    addPolicy(
      harness,
      'Validating',
      'p',
      { paramKind, validations: [{ expression: 'params.x == 1' }] },
      { b: { paramRef, validationActions: ['Deny'] } },
    );
    expect(create(harness).json).toMatchObject({
      message: `configmaps "c" is forbidden: ValidatingAdmissionPolicy 'p' denied request: failed to configure policy: failed to find resource referenced by paramKind: 'example.com/v1, Kind=Limit'`,
    });
  });
});

describe('mutating policies', () => {
  const labels = (name: string): string => `Object{metadata: Object.metadata{labels: {"${name}": "1"}}}`;
  const broken = apply('Object{metadata: Object.metadata{labels: {"x": object.data.zz}}}');

  test('a mutation that fails is left out, the others are made', () => {
    const harness = make();
    const mutations = [apply(labels('one')), broken, apply(labels('two'))];
    addPolicy(harness, 'Mutating', 'm', { failurePolicy: 'Ignore', mutations });
    expect(create(harness).json).toMatchObject({ metadata: { labels: { one: '1', two: '1' } } });
  });

  test('every failure is a cause, the first is the message', () => {
    const harness = make();
    const paramKind = { apiVersion: 'v1', kind: 'Secret' };
    const paramRef = { name: 'x', parameterNotFoundAction: 'Deny' };
    addPolicy(harness, 'Mutating', 'm', { failurePolicy: 'Fail', mutations: [broken] });
    addPolicy(harness, 'Mutating', 'n', { failurePolicy: 'Ignore', mutations: [broken] });
    addPolicy(
      harness,
      'Mutating',
      'o',
      { failurePolicy: 'Fail', paramKind, mutations: [broken] },
      { b: { paramRef } },
    );
    const missing = denied(
      'failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction',
      'o',
    );
    expect(create(harness).json).toMatchObject({
      code: 403,
      reason: 'Forbidden',
      message: missing,
      details: {
        name: 'c',
        kind: 'configmaps',
        causes: [
          { message: missing },
          {
            message: denied(
              `expression '${broken.applyConfiguration.expression}' resulted in error: no such key: zz`,
            ),
          },
        ],
      },
    });
  });

  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'a', image: 'a', command: ['a'] }] },
  };
  const createPod = (harness: Harness) =>
    harness.request('POST', '/api/v1/namespaces/default/pods', { body: pod });

  const typed = 'error applying patch: failed to convert patch object to typed object: ';
  const atomic =
    'error applying patch: invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ';
  const misnamed = (got: string, want: string) =>
    `type mismatch: unexpected type name "${got}", expected "${want}", which matches field name path from root Object type`;

  test.each([
    ['Object{spec: Object.spec{zzz: 1}}', `${typed}.spec.zzz: field not declared in schema`],
    [
      'Object{spec: Object.spec{hostname: 1}}',
      `${typed}.spec.hostname: expected string, got &value.valueUnstructured{Value:1}`,
    ],
    ['Object{spec: Object.metadata{hostname: "a"}}', misnamed('Object.metadata', 'Object.spec')],
    [
      'Object{spec: Object.spec{containers: [Object.spec.wrong{name: "a"}]}}',
      misnamed('Object.spec.wrong', 'Object.spec.containers'),
    ],
    [
      'Object{spec: Object.spec{tolerations: [Object.spec.tolerations{key: "a"}], nodeSelector: {"a": "b"}}}',
      `${atomic}.spec.tolerations, .spec.nodeSelector`,
    ],
    [
      'Object{spec: Object.spec{containers: [Object.spec.containers{name: "a", args: ["x"]}]}}',
      `${atomic}.spec.containers[0].args`,
    ],
  ])('configuration %s', (expression, text) => {
    const harness = make();
    addPolicy(harness, 'Mutating', 'm', { failurePolicy: 'Fail', mutations: [apply(expression)] });
    expect(createPod(harness).json).toMatchObject({ code: 403, reason: 'Invalid', message: denied(text) });
  });

  test.each([
    [
      '[JSONPatch{op: "test", path: "/zz/a", value: "1"}]',
      'test operation for path does not apply: doc is missing path: /zz/a: missing value',
    ],
    [
      '[JSONPatch{op: "test", path: "/spec/containers/7", value: "1"}]',
      "error in test for path: '/spec/containers/7': Unable to access invalid index: 7: invalid index referenced",
    ],
    [
      '[JSONPatch{op: "replace", path: "/spec/containers/x", value: "1"}]',
      'replace operation does not apply: doc is missing key: /spec/containers/x: missing value',
    ],
    [
      '[JSONPatch{op: "add", path: "/spec/containers/x", value: "1"}]',
      "error in add for path: '/spec/containers/x': value was not a proper array index: 'x': strconv.Atoi: parsing \"x\": invalid syntax",
    ],
    [
      '[JSONPatch{op: "move", path: "/spec/a"}]',
      'move operation failed to decode from: operation, missing from field: missing value',
    ],
    [
      '[JSONPatch{op: "copy", from: "/zz/a", path: "/spec/a"}]',
      'copy operation does not apply: doc is missing from path: /zz/a: missing value',
    ],
    [
      '[JSONPatch{op: "move", from: "/spec/zz", path: "/spec/a"}]',
      "error in move for path: 'zz': Unable to remove nonexistent key: zz: missing value",
    ],
    ['[JSONPatch{op: "merge", path: "/spec"}]', 'Unexpected kind: merge'],
  ])('patch %s', (expression, text) => {
    const harness = make();
    addPolicy(harness, 'Mutating', 'm', { failurePolicy: 'Fail', mutations: [patch(expression)] });
    expect(createPod(harness).json).toMatchObject({
      code: 403,
      message: denied(`JSON Patch: ${text}`),
    });
  });

  test('a test that finds another value leaves the object as it is', () => {
    const harness = make();
    const expression =
      '[JSONPatch{op: "test", path: "/data/a", value: "2"}, JSONPatch{op: "add", path: "/data/b", value: "1"}]';
    addPolicy(harness, 'Mutating', 'm', { failurePolicy: 'Fail', mutations: [patch(expression)] });
    expect(create(harness).json).toMatchObject({ data: { a: '1' } });
  });

  test('values of patches name their own types', () => {
    const harness = make();
    const expression =
      '[JSONPatch{op: "add", path: "/spec/securityContext", value: Object.spec.securityContext{seLinuxOptions: Object.wrong{}}}]';
    addPolicy(harness, 'Mutating', 'm', { failurePolicy: 'Fail', mutations: [patch(expression)] });
    expect(createPod(harness).json).toMatchObject({
      message: denied(misnamed('Object.wrong', 'Object.spec.securityContext.seLinuxOptions')),
    });
  });

  test('a patch to what no object can be is an internal error, whatever the failure policy', () => {
    const harness = make();
    const expression = '[JSONPatch{op: "add", path: "/spec/zzz", value: "1"}]';
    addPolicy(harness, 'Mutating', 'm', { failurePolicy: 'Ignore', mutations: [patch(expression)] });
    expect(createPod(harness).json).toMatchObject({
      code: 500,
      reason: 'InternalError',
      message: 'Internal error occurred: strict decoding error: unknown field "spec.zzz"',
    });
  });

  test('who is concerned is decided before anything changes', () => {
    const harness = make();
    addPolicy(harness, 'Mutating', 'm', { failurePolicy: 'Fail', mutations: [apply(labels('one'))] });
    addPolicy(harness, 'Mutating', 'n', {
      failurePolicy: 'Fail',
      matchConstraints: { resourceRules: RULES, objectSelector: { matchLabels: { one: '1' } } },
      mutations: [apply(labels('two'))],
    });
    expect(create(harness).json).toMatchObject({ metadata: { labels: { one: '1' } } });
    expect(
      (create(harness, { metadata: { name: 'd' } }).json as { metadata: { labels: object } }).metadata.labels,
    ).toEqual({ one: '1' });
  });

  test('only who was invoked is invoked again', () => {
    const harness = make();
    const has = (name: string) => [
      { name: 'has', expression: `has(object.metadata.labels) && "${name}" in object.metadata.labels` },
    ];
    const again = { failurePolicy: 'Fail', reinvocationPolicy: 'IfNeeded' };
    addPolicy(harness, 'Mutating', 'a', {
      ...again,
      matchConditions: has('late'),
      mutations: [apply(labels('never'))],
    });
    addPolicy(harness, 'Mutating', 'b', {
      ...again,
      mutations: [
        apply(
          `Object{metadata: Object.metadata{labels: has(object.metadata.labels) && "late" in object.metadata.labels ? {"again": "1"} : {"first": "1"}}}`,
        ),
      ],
    });
    addPolicy(harness, 'Mutating', 'c', { failurePolicy: 'Fail', mutations: [apply(labels('late'))] });
    const { labels: found } = (create(harness).json as { metadata: { labels: object } }).metadata;
    expect(found).toEqual({ first: '1', late: '1', again: '1' });
  });

  test('sees and changes the version it matches', () => {
    const harness = make();
    addPolicy(harness, 'Mutating', 'm', {
      failurePolicy: 'Fail',
      matchConstraints: {
        matchPolicy: 'Equivalent',
        resourceRules: [
          {
            apiGroups: ['autoscaling'],
            apiVersions: ['v1'],
            operations: ['CREATE'],
            resources: ['horizontalpodautoscalers'],
          },
        ],
      },
      mutations: [apply('Object{spec: Object.spec{targetCPUUtilizationPercentage: 33}}')],
    });
    const reply = harness.request(
      'POST',
      '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers',
      {
        body: {
          metadata: { name: 'h' },
          spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' } },
        },
      },
    );
    expect(reply.json).toMatchObject({
      spec: {
        metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { averageUtilization: 33 } } }],
      },
    });
  });
});
