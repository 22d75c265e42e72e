/** A cluster whose webhooks are answered by functions. */

import type { KubeObject } from '../../src/machinery/object.ts';
import type { OutsideCall, OutsideReply } from '../../src/machinery/outside.ts';
import { Harness, type HarnessOptions } from './harness.ts';

/** Path of the group of webhook configurations. */
export const CONFIGURATIONS = '/apis/admissionregistration.k8s.io/v1';

/** Path of the ConfigMaps that the webhooks look at. */
export const MAPS = '/api/v1/namespaces/default/configmaps';

/** What a webhook was asked. */
export interface Asked {
  readonly url: string;
  readonly timeoutSeconds: number;
  readonly request: {
    readonly uid: string;
    readonly object: (KubeObject & { readonly data?: Readonly<Record<string, string>> }) | null;
    readonly oldObject: KubeObject | null;
    readonly [field: string]: unknown;
  };
}

/** A webhook: from what it is asked to its response, without the uid. */
export type Answer = (asked: Asked) => object;

/** An AdmissionReview that answers. */
export const review = (uid: string, response: object): OutsideReply => ({
  status: 200,
  body: JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: { uid, ...response },
  }),
});

/** Answers by the path that is called. */
export const answering =
  (answers: Readonly<Record<string, Answer>>, asked: Asked[]) => (call: OutsideCall) => {
    const { request } = JSON.parse(call.body) as { readonly request: Asked['request'] };
    const heard = { url: call.url, timeoutSeconds: call.timeoutSeconds, request };
    asked.push(heard);
    const answer = answers[new URL(call.url).pathname.slice(1)];
    return answer === undefined ? { failure: 'EOF' } : review(request.uid, answer(heard));
  };

/** A response that patches. */
export const patch = (...operations: readonly object[]) => ({
  allowed: true,
  patchType: 'JSONPatch',
  patch: btoa(JSON.stringify(operations)),
});

/** Rules that match every write of a ConfigMap. */
export const MATCH_MAPS = [
  {
    apiGroups: [''],
    apiVersions: ['v1'],
    operations: ['CREATE', 'UPDATE', 'DELETE'],
    resources: ['configmaps'],
  },
];

/** A webhook of a configuration, called by its name. */
export const hook = (name: string, more: object = {}) => ({
  name: `${name}.example.com`,
  rules: MATCH_MAPS,
  clientConfig: { url: `https://hooks.example.com/${name}` },
  admissionReviewVersions: ['v1'],
  sideEffects: 'None',
  ...more,
});

/** Stores a webhook configuration. */
export const configure = (
  harness: Harness,
  kind: 'Mutating' | 'Validating',
  name: string,
  ...webhooks: readonly object[]
): unknown =>
  harness.expect(201, 'POST', `${CONFIGURATIONS}/${kind.toLowerCase()}webhookconfigurations`, {
    body: {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: `${kind}WebhookConfiguration`,
      metadata: { name },
      webhooks,
    },
  });

/** A cluster, and what its webhooks were asked so far. */
export const open = (answers: Readonly<Record<string, Answer>>, options: HarnessOptions = { actors: [] }) => {
  const asked: Asked[] = [];
  const harness = new Harness({
    settings: { nodes: [] },
    ...options,
    outside: answering(answers, asked),
  });
  return { harness, asked };
};

/** Creates the ConfigMap `x`. */
export const create = (harness: Harness, metadata: object = {}, query = '') =>
  harness.request('POST', `${MAPS}${query}`, {
    body: { metadata: { name: 'x', ...metadata }, data: { a: '1' } },
  });

/** A ConfigMap. */
export interface StoredMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

/** The ConfigMap `x` as it is stored. */
export const stored = (harness: Harness): StoredMap => harness.get<StoredMap>(`${MAPS}/x`);
