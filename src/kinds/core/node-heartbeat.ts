import type { KubeObject } from '../../machinery/object.ts';
import { type Instant, parseTime, printTime } from '../../machinery/time.ts';
import type { Node, NodeCondition } from '../generated/types.ts';

/** A kubelet whose status does not change posts it this often (nodeStatusReportFrequency, 1.36). */
const REPORT_MS = 300_000;

/**
 * Conditions of a simulated node as its kubelet would have posted them last: their heartbeat is a function of time, so
 * that no write is spent on it. Nodes of real kubelets, and nodes that lost theirs, are left as they are.
 */
export const projectHeartbeat = (object: KubeObject, now: Instant): KubeObject => {
  const node = object as Node;
  const { annotations } = node.metadata;
  if (annotations?.['kubicle.dev/kubelet'] === 'external') return object;
  if (annotations?.['kubicle.dev/last-heartbeat'] !== undefined) return object;
  const conditions = node.status?.conditions;
  if (conditions === undefined || node.status?.nodeInfo === undefined) return object;
  const beat = (condition: NodeCondition): NodeCondition => {
    const last = parseTime(condition.lastHeartbeatTime ?? '');
    if (last === undefined || !condition.reason?.startsWith('Kubelet') || now < last + REPORT_MS)
      return condition;
    const rounds = Math.floor((now - last) / REPORT_MS);
    return { ...condition, lastHeartbeatTime: printTime(last + rounds * REPORT_MS) };
  };
  const beaten = conditions.map(beat);
  if (beaten.every((condition, index) => condition === conditions[index])) return object;
  const projected: Node = { ...node, status: { ...node.status, conditions: beaten } };
  return projected;
};
