import type { Pod } from '../../kinds/generated/types.ts';
import { type Plugin, refuse } from '../contract.ts';
import { type HostPort, hostPortsOf } from '../resources.ts';

const REASON = "node(s) didn't have free ports for the requested pod ports";
const ANY = '0.0.0.0';

const clash = (a: HostPort, b: HostPort): boolean =>
  a.protocol === b.protocol && a.port === b.port && (a.ip === b.ip || a.ip === ANY || b.ip === ANY);

/** Host ports that are taken on a node. */
export const nodePorts: Plugin = {
  name: 'NodePorts',
  filter: ({ pod }, node) => {
    const wanted = hostPortsOf(pod);
    if (wanted.length === 0) return undefined;
    for (const other of node.pods.values()) {
      for (const taken of hostPortsOf(other)) {
        if (wanted.some((port) => clash(port, taken))) return refuse(REASON);
      }
    }
    return undefined;
  },
  wakesOn: [
    {
      resource: 'pods',
      matters: ({ op, object }) => op === 'delete' && hostPortsOf(object as Pod).length > 0,
      concerns: ({ object }, pod) =>
        hostPortsOf(object as Pod).some((freed) => hostPortsOf(pod).some((port) => clash(port, freed))),
    },
    { resource: 'nodes', matters: ({ op }) => op === 'create' },
  ],
  refused: (message) => message.includes(REASON),
};
