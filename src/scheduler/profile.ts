import type { Plugin } from './contract.ts';
import { dynamicResources } from './plugins/dynamic-resources.ts';
import { imageLocality } from './plugins/image-locality.ts';
import { nodeAffinity } from './plugins/node-affinity.ts';
import { nodeName } from './plugins/node-name.ts';
import { interPodAffinity } from './plugins/pod-affinity.ts';
import { nodePorts } from './plugins/ports.ts';
import { nodeResourcesBalancedAllocation, nodeResourcesFit } from './plugins/resources.ts';
import { nodeUnschedulable, taintToleration } from './plugins/taints.ts';
import { podTopologySpread } from './plugins/topology-spread.ts';
import { volumeBinding, volumeRestrictions, volumeZone } from './plugins/volumes.ts';

export interface ProfileEntry {
  readonly plugin: Plugin;
  /** Weight of the plugin's score; 0 for plugins that only filter. */
  readonly weight: number;
}

/** The default profile: plugins in upstream's order with upstream's weights (apis/config/v1/default_plugins.go, 1.36). */
export const defaultProfile: readonly ProfileEntry[] = [
  { plugin: nodeUnschedulable, weight: 0 },
  { plugin: nodeName, weight: 0 },
  { plugin: taintToleration, weight: 3 },
  { plugin: nodeAffinity, weight: 2 },
  { plugin: nodePorts, weight: 0 },
  { plugin: nodeResourcesFit, weight: 1 },
  { plugin: volumeRestrictions, weight: 0 },
  { plugin: volumeBinding, weight: 0 },
  { plugin: volumeZone, weight: 0 },
  { plugin: podTopologySpread, weight: 2 },
  { plugin: interPodAffinity, weight: 2 },
  { plugin: dynamicResources, weight: 0 },
  { plugin: nodeResourcesBalancedAllocation, weight: 1 },
  { plugin: imageLocality, weight: 1 },
];
