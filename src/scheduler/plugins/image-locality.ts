import type { Container, Node, Pod } from '../../kinds/generated/types.ts';
import { MAX_NODE_SCORE, type Plugin } from '../contract.ts';

const MB = 1024 * 1024;
const SMALLEST = 23 * MB;
const LARGEST_PER_CONTAINER = 1000 * MB;

/** Names of the images a node holds; nodes are frozen objects, so this is worked out once for each of their states. */
const imageNames = new WeakMap<Node, readonly string[]>();

const imagesOf = (node: Node): readonly string[] => {
  const known = imageNames.get(node);
  if (known !== undefined) return known;
  const names = (node.status?.images ?? []).flatMap((image) => image.names ?? []);
  imageNames.set(node, names);
  return names;
};

const withTag = (image: string): string =>
  image.lastIndexOf(':') <= image.lastIndexOf('/') ? `${image}:latest` : image;

const containersOf = (pod: Pod): readonly Container[] => [
  ...(pod.spec?.initContainers ?? []),
  ...(pod.spec?.containers ?? []),
];

/** Favours nodes that already hold the pod's images, less for images that few nodes hold. */
export const imageLocality: Plugin = {
  name: 'ImageLocality',
  preScore: ({ pod, nodes }) => {
    const holders = new Map<string, number>();
    const wanted = new Set(containersOf(pod).map(({ image }) => withTag(image ?? '')));
    for (const { node } of nodes) {
      for (const name of imagesOf(node)) {
        if (wanted.has(name)) holders.set(name, (holders.get(name) ?? 0) + 1);
      }
    }
    return holders;
  },
  score: ({ pod, nodes }, { node }, state) => {
    const holders = state as ReadonlyMap<string, number>;
    const containers = containersOf(pod);
    let sum = 0;
    for (const container of containers) {
      const name = withTag(container.image ?? '');
      if (!holders.has(name)) continue;
      const image = node.status?.images?.find((candidate) => candidate.names?.includes(name) === true);
      if (image === undefined) continue;
      sum += Math.floor(((image.sizeBytes ?? 0) * (holders.get(name) ?? 0)) / nodes.length);
    }
    const largest = LARGEST_PER_CONTAINER * containers.length;
    const bounded = Math.min(Math.max(sum, SMALLEST), largest);
    return Math.floor((MAX_NODE_SCORE * (bounded - SMALLEST)) / (largest - SMALLEST));
  },
  wakesOn: [],
  refused: () => false,
};
