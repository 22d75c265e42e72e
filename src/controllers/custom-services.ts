/**
 * Every group version that definitions serve has an APIService of its own (kube-aggregator's autoregistration and
 * the definitions' registration controller). The key is `version.group`, the APIService's name.
 */

import type { APIService } from '../kinds/generated/types.ts';
import { type Context, type Controller, type Outcome, watch } from './contract.ts';

const LABEL = 'kube-aggregator.kubernetes.io/automanaged';

const isServed = (context: Context, group: string, version: string): boolean =>
  context.lookup
    .list('customresourcedefinitions.apiextensions.k8s.io')
    .some(
      (crd) =>
        crd.spec.group === group && (crd.spec.versions ?? []).some((it) => it.served && it.name === version),
    );

const reconcile = (context: Context, name: string): Outcome => {
  const dot = name.indexOf('.');
  const [version, group] = [name.slice(0, dot), name.slice(dot + 1)];
  const known = context.lookup.get('apiservices.apiregistration.k8s.io', '', name);
  if (isServed(context, group, version)) {
    if (known !== undefined) return undefined;
    context.client.create('apiservices.apiregistration.k8s.io', {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name, labels: { [LABEL]: 'true' } },
      spec: { group, version, groupPriorityMinimum: 1000, versionPriority: 100 },
    } as unknown as APIService);
  } else if (known?.metadata.labels?.[LABEL] === 'true') {
    context.client.delete('apiservices.apiregistration.k8s.io', '', name);
  }
  return undefined;
};

/** Keeps the APIServices of custom groups. */
export const customServiceController: Controller = {
  name: 'autoregister',
  watches: [
    watch('customresourcedefinitions.apiextensions.k8s.io', ({ object, previous }) => {
      const names = new Set<string>();
      for (const crd of [object, previous]) {
        for (const { name } of crd?.spec.versions ?? []) names.add(`${name}.${crd?.spec.group ?? ''}`);
      }
      return [...names];
    }),
    watch('apiservices.apiregistration.k8s.io', ({ object }) =>
      object.metadata.labels?.[LABEL] === 'true' ? [object.metadata.name ?? ''] : [],
    ),
  ],
  reconcile,
};
