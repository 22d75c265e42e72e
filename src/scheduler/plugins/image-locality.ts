import { MAX_NODE_SCORE, type Plugin } from '../contract.ts';

const MB = 1024 * 1024;
const SMALLEST = 23 * MB;
const LARGEST_PER_CONTAINER = 1000 * MB;

const withTag = (image: string): string =>
  image.lastIndexOf(':') <= image.lastIndexOf('/') ? `${image}:latest` : image;

/** Favours nodes that already hold the pod's images, less for images that few nodes hold. */
export const imageLocality: Plugin = {
  name: 'ImageLocality',
  preScore: ({ nodes }) => {
    const holders = new Map<string, number>();
    for (const { node } of nodes) {
      for (const image of node.status?.images ?? []) {
        for (const name of image.names ?? []) holders.set(name, (holders.get(name) ?? 0) + 1);
      }
    }
    return holders;
  },
  score: ({ pod, nodes }, { node }, state) => {
    const holders = state as ReadonlyMap<string, number>;
    const containers = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])];
    let sum = 0;
    for (const container of containers) {
      const name = withTag(container.image ?? '');
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
