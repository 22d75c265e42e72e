/** Steps as requests of the API: what kubectl would send. */

import type { Resolved } from '../kinds/catalog-contract.ts';
import { printGroupVersion } from '../machinery/names.ts';
import type { Selection, Step, StepTarget } from './contract.ts';

/** A request without its sender. */
export interface StepRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Finds the kind of an object; `undefined` when the cluster does not serve it. */
export type FindKind = (apiVersion: string, kind: string) => Resolved | undefined;

/** Reads one object as the cluster's admin; `undefined` when there is none. */
export type ReadObject = (target: StepTarget) => Readonly<Record<string, unknown>> | undefined;

/** A step that cannot become a request: unknown kind, missing object, no verb. */
export class StepError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** What every request of exercises calls itself. */
export const STEP_MANAGER = 'kubicle-exercise';

const MANAGER = `fieldManager=${STEP_MANAGER}`;
const APPLY = 'application/apply-patch+yaml';
const MERGE = 'application/merge-patch+json';
const STRATEGIC = 'application/strategic-merge-patch+json';
const JSON_PATCH = 'application/json-patch+json';

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** The collection an object belongs to; namespaced kinds without a namespace are in `default`. */
export const collectionPath = (
  find: FindKind,
  apiVersion: string,
  kind: string,
  namespace?: string,
): string => {
  const resolved = find(apiVersion, kind);
  if (resolved === undefined) throw new StepError(404, `the cluster does not serve ${kind} of ${apiVersion}`);
  const { group, version } = resolved.version;
  const base = group === '' ? '/api' : '/apis';
  const place = resolved.kind.namespaced ? `/namespaces/${encodeURIComponent(namespace ?? 'default')}` : '';
  return `${base}/${printGroupVersion({ group, version })}${place}/${resolved.kind.resource}`;
};

const objectPath = (find: FindKind, target: StepTarget, subresource?: string): string => {
  const collection = collectionPath(find, target.apiVersion, target.kind, target.namespace);
  return `${collection}/${encodeURIComponent(target.name)}${subresource === undefined ? '' : `/${subresource}`}`;
};

const targetOf = (object: unknown): StepTarget => {
  const { apiVersion, kind, metadata } = fieldsOf(object);
  const { name, namespace } = fieldsOf(metadata);
  return {
    apiVersion: textOf(apiVersion) ?? '',
    kind: textOf(kind) ?? '',
    name: textOf(name) ?? '',
    namespace: textOf(namespace),
  };
};

/** A POST of an object to its collection. */
export const createRequest = (find: FindKind, object: unknown): StepRequest => {
  const { apiVersion, kind, namespace } = targetOf(object);
  const path = collectionPath(find, apiVersion, kind, namespace);
  return { method: 'POST', path, query: MANAGER, body: object };
};

/** A server-side apply that takes over whatever is in its way. */
export const applyRequest = (find: FindKind, object: unknown): StepRequest => ({
  method: 'PATCH',
  path: objectPath(find, targetOf(object)),
  query: `${MANAGER}&force=true`,
  contentType: APPLY,
  body: object,
});

const replaceRequest = (find: FindKind, read: ReadObject, object: unknown): StepRequest => {
  const target = targetOf(object);
  const current = read(target);
  if (current === undefined)
    throw new StepError(404, `there is no ${target.kind} "${target.name}" to replace`);
  const { resourceVersion } = fieldsOf(current['metadata']);
  const fields = fieldsOf(object);
  const body = { ...fields, metadata: { ...fieldsOf(fields['metadata']), resourceVersion } };
  return { method: 'PUT', path: objectPath(find, target), query: MANAGER, body };
};

const patchRequest = (
  find: FindKind,
  target: StepTarget,
  body: unknown,
  {
    type = 'strategic',
    subresource,
  }: { readonly type?: string | undefined; readonly subresource?: string | undefined } = {},
): StepRequest => {
  const contentTypes: Readonly<Record<string, string>> = {
    strategic: STRATEGIC,
    merge: MERGE,
    json: JSON_PATCH,
  };
  const custom = find(target.apiVersion, target.kind)?.kind.custom === true;
  return {
    method: 'PATCH',
    path: objectPath(find, target, subresource),
    query: MANAGER,
    contentType: type === 'strategic' && custom ? MERGE : (contentTypes[type] ?? MERGE),
    body,
  };
};

const undoRequest = (
  find: FindKind,
  read: ReadObject,
  list: ListObjects,
  step: NonNullable<Step['undo']>,
): StepRequest => {
  const deployment = read(step);
  const uid = fieldsOf(deployment?.['metadata'])['uid'];
  const revisionOf = (object: Fields): number =>
    Number(fieldsOf(fieldsOf(object['metadata'])['annotations'])['deployment.kubernetes.io/revision'] ?? 0);
  const owned = list({ apiVersion: 'apps/v1', kind: 'ReplicaSet', namespace: step.namespace })
    .filter((set) => {
      const owners = fieldsOf(set['metadata'])['ownerReferences'];
      return Array.isArray(owners) && owners.some((owner) => fieldsOf(owner)['uid'] === uid);
    })
    .sort((one, other) => revisionOf(other) - revisionOf(one));
  const chosen =
    step.toRevision === undefined ? owned[1] : owned.find((set) => revisionOf(set) === step.toRevision);
  if (chosen === undefined) throw new StepError(404, `there is no earlier revision of "${step.name}"`);
  const template = fieldsOf(fieldsOf(chosen['spec'])['template']);
  const metadata = fieldsOf(template['metadata']);
  const { 'pod-template-hash': _hash, ...labels } = fieldsOf(metadata['labels']);
  const value = { ...template, metadata: { ...metadata, labels } };
  return patchRequest(find, step, [{ op: 'replace', path: '/spec/template', value }], { type: 'json' });
};

/** Objects of a kind in a namespace, as the cluster's admin reads them. */
export type ListObjects = (selection: Selection) => readonly Fields[];

const approvalRequest = (
  find: FindKind,
  read: ReadObject,
  { name, decision }: NonNullable<Step['certificate']>,
): StepRequest => {
  const target = { apiVersion: 'certificates.k8s.io/v1', kind: 'CertificateSigningRequest', name };
  const current = read(target);
  if (current === undefined) throw new StepError(404, `there is no CertificateSigningRequest "${name}"`);
  const status = fieldsOf(current['status']);
  const conditions = Array.isArray(status['conditions']) ? status['conditions'] : [];
  const type = decision === 'approve' ? 'Approved' : 'Denied';
  const condition = { type, status: 'True', reason: `Kubectl${type}`, message: 'by kubectl certificate' };
  const body = { ...current, status: { ...status, conditions: [...conditions, condition] } };
  return { method: 'PUT', path: objectPath(find, target, 'approval'), query: MANAGER, body };
};

const getRequest = (find: FindKind, selection: NonNullable<Step['get']>): StepRequest => {
  const { apiVersion, kind, name, namespace, selector, subresource } = selection;
  if (name !== undefined)
    return {
      method: 'GET',
      path: objectPath(find, { apiVersion, kind, name, namespace }, subresource),
      query: '',
    };
  const path = collectionPath(find, apiVersion, kind, namespace ?? 'default');
  const query = selector === undefined ? '' : `labelSelector=${encodeURIComponent(selector)}`;
  return { method: 'GET', path, query };
};

const restartPatch = (at: string) => ({
  spec: { template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': at } } } },
});

/** The requests a step is made of, in order. `at` is the cluster's time as text. Throws StepError. */
export const stepRequests = (
  step: Step,
  {
    find,
    read,
    list,
    at,
  }: { readonly find: FindKind; readonly read: ReadObject; readonly list: ListObjects; readonly at: string },
): readonly (() => StepRequest)[] => {
  const one = (make: () => StepRequest) => [make];
  const { patch, label, annotate, scale, setImage, restart, undo, certificate, get, request } = step;
  if (step.apply !== undefined) return step.apply.map((object) => () => applyRequest(find, object));
  if (step.create !== undefined) return step.create.map((object) => () => createRequest(find, object));
  if (step.replace !== undefined)
    return step.replace.map((object) => () => replaceRequest(find, read, object));
  const { delete: gone } = step;
  if (gone !== undefined) return one(() => ({ method: 'DELETE', path: objectPath(find, gone), query: '' }));
  if (patch !== undefined) return one(() => patchRequest(find, patch, patch.patch, patch));
  if (label !== undefined)
    return one(() => patchRequest(find, label, { metadata: { labels: label.set } }, { type: 'merge' }));
  if (annotate !== undefined)
    return one(() =>
      patchRequest(find, annotate, { metadata: { annotations: annotate.set } }, { type: 'merge' }),
    );
  if (scale !== undefined) {
    const { replicas } = scale;
    return one(() =>
      patchRequest(find, scale, { spec: { replicas } }, { type: 'merge', subresource: 'scale' }),
    );
  }
  if (setImage !== undefined) {
    const containers = Object.entries(setImage.images).map(([name, image]) => ({ name, image }));
    return one(() => patchRequest(find, setImage, { spec: { template: { spec: { containers } } } }));
  }
  if (restart !== undefined) return one(() => patchRequest(find, restart, restartPatch(at)));
  if (undo !== undefined) return one(() => undoRequest(find, read, list, undo));
  if (certificate !== undefined) return one(() => approvalRequest(find, read, certificate));
  if (get !== undefined) return one(() => getRequest(find, get));
  if (request !== undefined)
    return one(() => ({
      method: request.method,
      path: request.path,
      query: request.query ?? '',
      ...(request.headers === undefined ? {} : { headers: request.headers }),
      body: request.body,
    }));
  return [];
};
