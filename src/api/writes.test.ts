/** Refusals of writes that clients rarely meet: patches, options, preconditions, bodies. */
import { describe, expect, it } from 'vitest';
import { Harness } from '../../test/support/harness.ts';
import type { KubeObject } from '../machinery/object.ts';

const LIST = '/api/v1/namespaces/default/configmaps';
const ONE = `${LIST}/a`;
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/default/leases';

const makeHarness = (): Harness => {
  const harness = new Harness({ settings: { nodes: [] } });
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' }, data: { k: 'v' } };
  harness.expect(201, 'POST', LIST, { body });
  return harness;
};

const harness = makeHarness();
const uid = harness.get<KubeObject>(ONE).metadata.uid ?? '';

const told = (request: string, type: string, body: string | Uint8Array): readonly [number, string] => {
  const [method = '', path = ''] = request.split(' ');
  const reply = harness.request(method, path, { body, headers: { 'content-type': type } });
  return [reply.status, (reply.json as { readonly message?: string }).message ?? ''];
};

const JSON_PATCH = 'application/json-patch+json';
const MERGE = 'application/merge-patch+json';
const STRATEGIC = 'application/strategic-merge-patch+json';
const PLAIN = 'application/json';
const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const STRICT = 'dryRun=All&fieldValidation=Strict';

const ROWS: readonly (readonly [
  title: string,
  request: string,
  type: string,
  body: string,
  status: number,
  message: string,
])[] = [
  [
    'what does not exist is told before what cannot be read',
    `PATCH ${LIST}/none`,
    MERGE,
    '{',
    404,
    'configmaps "none" not found',
  ],
  ['a merge patch of null is none', `PATCH ${ONE}`, MERGE, 'null', 400, 'Invalid JSON Patch'],
  ['a strategic patch of null changes nothing', `PATCH ${ONE}?dryRun=All`, STRATEGIC, 'null', 200, ''],
  ['a JSON patch of null changes nothing', `PATCH ${ONE}?dryRun=All`, JSON_PATCH, 'null', 200, ''],
  [
    'a JSON patch that nobody reads strictly is read by the library',
    `PATCH ${ONE}?fieldValidation=Ignore`,
    JSON_PATCH,
    '{}',
    400,
    'json: cannot unmarshal object into Go value of type jsonpatch.Patch',
  ],
  [
    'an operation of the wrong type is one that does not apply, for the library',
    `PATCH ${ONE}?fieldValidation=Ignore`,
    JSON_PATCH,
    '[{"op":1,"path":"/data"}]',
    422,
    'the server rejected our request due to an error in our request',
  ],
  [
    'what a strict strategic patch repeats comes before what is unknown',
    `PATCH ${ONE}?${STRICT}`,
    STRATEGIC,
    '{"data":{"k":"1","k":"2"},"zed":1}',
    422,
    ' "" is invalid: patch: Invalid value: "map[data:map[k:2] zed:1]": strict decoding error: duplicate field "data.k", unknown field "zed"',
  ],
  [
    'options of a delete that are no JSON',
    `DELETE ${ONE}`,
    PLAIN,
    '{',
    500,
    "couldn't get version/kind; json parse error: unexpected end of JSON input",
  ],
  [
    'options of a delete of the wrong type',
    `DELETE ${ONE}`,
    PLAIN,
    '{"gracePeriodSeconds":"x"}',
    500,
    'json: cannot unmarshal string into Go struct field DeleteOptions.gracePeriodSeconds of type int64',
  ],
  [
    'a delete of another object names the kind',
    `DELETE ${ONE}`,
    PLAIN,
    '{"preconditions":{"uid":"x"}}',
    409,
    `Operation cannot be fulfilled on ConfigMap "a": the UID in the precondition (x) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
  ],
  [
    'a delete of another namespace is worded by the namespace',
    'DELETE /api/v1/namespaces/default',
    PLAIN,
    '{"preconditions":{"resourceVersion":"x"}}',
    409,
    `Operation cannot be fulfilled on namespaces "default": Precondition failed: ResourceVersion in precondition: x, ResourceVersion in object meta: ${harness.get<KubeObject>('/api/v1/namespaces/default').metadata.resourceVersion ?? ''}`,
  ],
  [
    'an update of another object is refused by the storage',
    `PUT ${ONE}`,
    PLAIN,
    '{"metadata":{"name":"a","uid":"x"}}',
    409,
    `Operation cannot be fulfilled on configmaps "a": StorageError: invalid object, Code: 4, Key: /registry/configmaps/default/a, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: x, UID in object meta: ${uid}`,
  ],
  [
    'an update that may create cannot be of an object that is gone',
    'PUT /api/v1/namespaces/default/endpoints/gone',
    PLAIN,
    '{"metadata":{"name":"gone","uid":"x"}}',
    409,
    'Operation cannot be fulfilled on endpoints "gone": StorageError: invalid object, Code: 4, Key: /registry/services/endpoints/default/gone, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: x, UID in object meta: ',
  ],
  [
    'an update that creates forgets where its object came from',
    `PUT ${LEASES}/new`,
    PLAIN,
    '{"metadata":{"name":"new","resourceVersion":"7"},"spec":{}}',
    201,
    '',
  ],
  [
    'a body that is no protobuf',
    `POST ${LIST}`,
    PROTOBUF,
    'junk',
    400,
    'the object provided is unrecognized (must be of type ConfigMap): provided data does not appear to be a protobuf message, expected prefix [107 56 115 0] (6a756e6b)',
  ],
  [
    'of several YAML documents the first is read',
    `POST ${LIST}?dryRun=All`,
    'application/yaml',
    'metadata: {name: b}\n---\nmetadata: {name: c}\n',
    201,
    '',
  ],
  [
    'places in a manager are bytes',
    `POST ${LIST}?fieldManager=%C3%A9%07`,
    PLAIN,
    '{"metadata":{"name":"b"}}',
    422,
    'CreateOptions.meta.k8s.io "" is invalid: fieldManager: Invalid value: "é\\a": invalid character U+0007 (at position 2)',
  ],
];

describe('rare writes', () => {
  it.each(ROWS)('%s', (_title, request, type, body, status, message) => {
    expect(told(request, type, body)).toEqual([status, message]);
  });

  it('a patch that repeats itself is carried out with a warning', () => {
    const reply = harness.request('PATCH', `${ONE}?dryRun=All`, {
      body: '{"data":{"k":"1","k":"2"}}',
      headers: { 'content-type': MERGE },
    });
    expect([reply.status, reply.headers['Warning']]).toEqual([200, '299 - "duplicate field \\"data.k\\""']);
  });

  it('a strict JSON patch shows what it led to', () => {
    const body = '[{"op":"add","path":"/data/z","value":"1","zed":1}]';
    const [status, message] = told(`PATCH ${ONE}?${STRICT}`, JSON_PATCH, body);
    expect(status).toBe(422);
    expect(message).toContain('\\"data\\":{\\"k\\":\\"v\\",\\"z\\":\\"1\\"}');
    expect(message).toMatch(/strict decoding error: json patch unknown field "\[0\]\.zed"$/);
  });
});
