import { type Controller, watch } from './contract.ts';

const ANNOTATION = 'node.alpha.kubernetes.io/ttl';
const steps: readonly (readonly [mostNodes: number, ttl: string])[] = [
  [100, '0'],
  [500, '15'],
  [1000, '30'],
  [2000, '60'],
  [10_000, '300'],
  [Number.POSITIVE_INFINITY, '600'],
];

/** Tells kubelets how long they may keep Secrets and ConfigMaps (pkg/controller/ttl). The key is the node's name. */
export const nodeTtlController: Controller = {
  name: 'ttl-controller',
  watches: [
    watch('nodes', ({ op, object, previous }) => {
      const ttl = object.metadata.annotations?.[ANNOTATION];
      const isKept =
        ttl !== undefined && (op === 'create' || ttl === previous?.metadata.annotations?.[ANNOTATION]);
      return op === 'delete' || isKept ? [] : [object.metadata.name ?? ''];
    }),
  ],
  reconcile: ({ lookup, client }, name) => {
    const node = lookup.get('nodes', '', name);
    const count = lookup.list('nodes').length;
    const ttl = steps.find(([most]) => count <= most)?.[1] ?? '0';
    if (node === undefined || node.metadata.annotations?.[ANNOTATION] === ttl) return undefined;
    client.update('nodes', '', name, (current) => ({
      ...current,
      metadata: { ...current.metadata, annotations: { ...current.metadata.annotations, [ANNOTATION]: ttl } },
    }));
    return undefined;
  },
};
