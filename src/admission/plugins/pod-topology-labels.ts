import type { KubeObject } from '../../machinery/object.ts';
import { type AdmissionPlugin, readDraft } from '../chain.ts';

const KEYS = ['topology.kubernetes.io/zone', 'topology.kubernetes.io/region'];

interface Binding extends KubeObject {
  readonly target?: { readonly kind?: string; readonly name?: string };
}

const boundTo = ({ target }: Binding): string | undefined =>
  target?.kind === 'Node' ? target.name : undefined;

type Labels = Readonly<Record<string, string>>;

const pick = (labels: Labels | undefined): Labels =>
  Object.fromEntries(KEYS.flatMap((key) => (labels?.[key] === undefined ? [] : [[key, labels[key]]])));

/**
 * A binding carries its node's topology labels, which the pod takes over; a pod created on a node gets them at
 * once (plugin/pkg/admission/podtopologylabels).
 */
export const podTopologyLabels: AdmissionPlugin = {
  name: 'PodTopologyLabels',
  operations: ['CREATE'],
  resources: ['pods', 'pods/binding'],
  mutate: ({ object, subresource }, { lookup }) => {
    if (object === undefined) return;
    const { metadata } = readDraft<KubeObject>(object);
    const node = subresource
      ? boundTo(readDraft<Binding>(object))
      : readDraft<{ spec?: { nodeName?: string } }>(object).spec?.nodeName;
    if (!node) return;
    const topology = pick(lookup.get('nodes', '', node)?.metadata.labels);
    if (Object.keys(topology).length === 0) return;
    object['metadata'] = { ...metadata, labels: { ...metadata?.labels, ...topology } };
  },
};
