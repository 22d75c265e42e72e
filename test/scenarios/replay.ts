/**
 * Replays recorded scenarios: the nodes are marked as having external kubelets, the recorded users and kubelets
 * act at their times on the cluster's clock, and what the control plane makes of it is collected.
 */

import type { Latency } from '../../src/controllers/contract.ts';
import type { KubeObject } from '../../src/machinery/object.ts';
import { printMicroTime, printTime } from '../../src/machinery/time.ts';
import { EPOCH, Harness, type TestWatch } from '../support/harness.ts';
import { Aliases } from './aliases.ts';
import { compare, type History, historyOf, type Verdict } from './compare.ts';
import {
  type Input,
  type RecordedNode,
  type Recording,
  readRecording,
  type WatchEvent,
} from './recording.ts';

const LEASE_MS = 2500;
const LEAD_MS = 4000;
/** How often what the watches give is collected; finer steps give finer times in the trace. */
const STEP_MS = 20;

const collections: Readonly<Record<string, string>> = {
  pods: '/api/v1/pods',
  replicasets: '/apis/apps/v1/replicasets',
  deployments: '/apis/apps/v1/deployments',
  statefulsets: '/apis/apps/v1/statefulsets',
  daemonsets: '/apis/apps/v1/daemonsets',
  jobs: '/apis/batch/v1/jobs',
  cronjobs: '/apis/batch/v1/cronjobs',
  replicationcontrollers: '/api/v1/replicationcontrollers',
  controllerrevisions: '/apis/apps/v1/controllerrevisions',
  endpoints: '/api/v1/endpoints',
  endpointslices: '/apis/discovery.k8s.io/v1/endpointslices',
  services: '/api/v1/services',
  ipaddresses: '/apis/networking.k8s.io/v1/ipaddresses',
  servicecidrs: '/apis/networking.k8s.io/v1/servicecidrs',
  poddisruptionbudgets: '/apis/policy/v1/poddisruptionbudgets',
  horizontalpodautoscalers: '/apis/autoscaling/v2/horizontalpodautoscalers',
  events: '/api/v1/events',
  persistentvolumeclaims: '/api/v1/persistentvolumeclaims',
  persistentvolumes: '/api/v1/persistentvolumes',
  serviceaccounts: '/api/v1/serviceaccounts',
  configmaps: '/api/v1/configmaps',
  secrets: '/api/v1/secrets',
  resourcequotas: '/api/v1/resourcequotas',
  resourceclaims: '/apis/resource.k8s.io/v1/resourceclaims',
  nodes: '/api/v1/nodes',
  namespaces: '/api/v1/namespaces',
  clusterroles: '/apis/rbac.authorization.k8s.io/v1/clusterroles',
  certificatesigningrequests: '/apis/certificates.k8s.io/v1/certificatesigningrequests',
  customresourcedefinitions: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
  storageclasses: '/apis/storage.k8s.io/v1/storageclasses',
  apiservices: '/apis/apiregistration.k8s.io/v1/apiservices',
};

/** A request for a certificate (group `team`, user `anna`), where a recording holds none. */
const SIGNING_REQUEST = btoa(
  [
    '-----BEGIN CERTIFICATE REQUEST-----',
    'MIHZMIGAAgEAMB4xDTALBgNVBAoMBHRlYW0xDTALBgNVBAMMBGFubmEwWTATBgcq',
    'hkjOPQIBBggqhkjOPQMBBwNCAAQjBmCS49Nua3GHCmU6U5RMmD7hMlTe8qfDWQHr',
    'twOsTjA9QHnA5G8ClL5L4VCSEGG/sM6t/RQ125e+Gj1Ok55loAAwCgYIKoZIzj0E',
    'AwIDSAAwRQIgF7XbHQlkziPEDCrYfnDMGkPQCCKBSk9guIB88avrMfUCIQDQVuFz',
    'RatCtSnNfCLIzkLJ7XrCN71C4+oR6kAbI0WIlg==',
    '-----END CERTIFICATE REQUEST-----',
    '',
  ].join('\n'),
);

export interface ReplayOptions {
  /** How often what the watches give is collected. */
  readonly stepMs?: number;
  /** Decides what the real control plane leaves to chance: uids, and with them ties. */
  readonly seed?: string;
  readonly latency?: Latency;
}

/** What a replay gave. */
export interface Replay {
  readonly recorded: History;
  readonly actual: History;
  readonly verdict: Verdict;
  /** Inputs that were answered otherwise than recorded, or could not be made. */
  readonly refused: readonly string[];
  readonly journal: readonly string[];
  /** What the watches gave, in the recording's names, for looking into a difference. */
  readonly trace: () => readonly WatchEvent[];
}

/** A run in progress. */
class Run {
  readonly recording: Recording;
  readonly harness: Harness;
  readonly aliases = new Aliases();
  readonly events: WatchEvent[] = [];
  readonly refused: string[] = [];
  readonly start: number;
  readonly #watches = new Map<string, TestWatch>();
  readonly #heartbeats = new Set<string>();
  readonly #waiting: WatchEvent[];
  readonly #taken = new Set<string>();
  readonly #created: WatchEvent[] = [];
  readonly #bindsItself = false;
  #nextLease = 0;
  /** Node of each recorded pod, by its name. */
  readonly #nodes: ReadonlyMap<string, string>;
  /** Recorded object by the uid of its twin. */
  readonly #names = new Map<string, WatchEvent>();
  /** Names of pods in the order in which they were recorded to go. */
  readonly #deletions: string[];

  readonly #stepMs: number;

  constructor(recording: Recording, { stepMs = STEP_MS, seed = 'seed', latency = 'fast' }: ReplayOptions) {
    this.recording = recording;
    this.#stepMs = stepMs;
    this.harness = new Harness({
      start: EPOCH + minutePhase(recording),
      settings: { nodes: [], controlPlaneNode: false, latency, seed },
    });
    this.start = this.harness.now + LEAD_MS;
    this.#deletions = deletionOrder(recording);
    this.#nodes = placements(recording);
    this.#waiting = recording.lines.flatMap((line) =>
      'ev' in line && line.ev.type === 'ADDED' ? [line.ev] : [],
    );
  }

  #post(path: string, body: unknown): void {
    const reply = this.harness.request('POST', path, { body });
    if (reply.status !== 201) this.refused.push(`setup ${path} ${reply.status} ${reply.body.slice(0, 300)}`);
  }

  /** Addresses and facts of a node as the recorder's kubelet gave them. */
  #recordedFacts(name: string): object {
    for (const line of this.recording.lines) {
      if (!('ev' in line) || line.ev.resource !== 'nodes' || line.ev.name !== name) continue;
      const { addresses, nodeInfo, daemonEndpoints } = (line.ev.object['status'] ?? {}) as Record<
        string,
        unknown
      >;
      return { addresses, nodeInfo, daemonEndpoints };
    }
    return {};
  }

  /** Uids of the nodes where the recording's inputs name them (owner references). */
  #bindNodes(): void {
    const text = JSON.stringify(this.recording.lines);
    for (const { name } of this.recording.header.cluster.nodes) {
      const alias = new RegExp(`"kind":"Node","name":"${name}","uid":"(\\$u\\d+)"`).exec(text)?.[1];
      const uid = this.harness.get(`/api/v1/nodes/${name}`).metadata.uid;
      if (alias !== undefined && uid !== undefined) this.aliases.bind(alias, uid);
    }
  }

  #makeNode(node: RecordedNode): void {
    const grace = /grace-period=(\d+)s/.exec(
      this.recording.header.flags['kube-controller-manager'] ?? '',
    )?.[1];
    const resources = {
      cpu: '4',
      memory: '8Gi',
      pods: '110',
      'ephemeral-storage': '100Gi',
      ...node.capacity,
    };
    const at = printTime(this.harness.now);
    const condition = (type: string, status: string, reason: string, message: string) => ({
      type,
      status,
      reason,
      message,
      lastHeartbeatTime: at,
      lastTransitionTime: at,
    });
    this.#post('/api/v1/nodes', {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: {
        name: node.name,
        labels: {
          'kubernetes.io/hostname': node.name,
          'kubernetes.io/os': 'linux',
          'kubernetes.io/arch': 'amd64',
          ...node.labels,
        },
        annotations: {
          'kubicle.dev/kubelet': 'external',
          ...(grace === undefined ? {} : { 'kubicle.dev/node-monitor-grace-seconds': grace }),
        },
      },
      spec: { taints: node.taints, unschedulable: node.unschedulable },
    });
    const status = {
      capacity: resources,
      allocatable: resources,
      images: node.images,
      addresses: [{ type: 'InternalIP', address: node.ip }],
      ...this.#recordedFacts(node.name),
      conditions: [
        condition(
          'MemoryPressure',
          'False',
          'KubeletHasSufficientMemory',
          'kubelet has sufficient memory available',
        ),
        condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
        condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
        condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'),
      ],
    };
    this.harness.request('PATCH', `/api/v1/nodes/${node.name}/status`, {
      body: { status },
      headers: { 'content-type': 'application/strategic-merge-patch+json' },
    });
    this.#heartbeats.add(node.name);
    this.#post('/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases', {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: node.name, namespace: 'kube-node-lease' },
      spec: {
        holderIdentity: node.name,
        leaseDurationSeconds: 40,
        renewTime: printMicroTime(this.harness.now),
      },
    });
  }

  /** The uid of an object that is not watched, where the recording's inputs name it as an owner. */
  #bindOwner({ kind, metadata }: KubeObject): void {
    const named = new RegExp(`"kind":"${kind}","name":"${metadata.name}","uid":"(\\$u\\d+)"`);
    const alias = this.recording.lines
      .flatMap((line) => ('in' in line ? (named.exec(JSON.stringify(line.in.body ?? ''))?.[1] ?? []) : []))
      .at(0);
    if (alias !== undefined && metadata.uid !== undefined) this.aliases.bind(alias, metadata.uid);
  }

  #renewLeases(): void {
    for (const node of this.#heartbeats) {
      this.harness.request(
        'PATCH',
        `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${node}`,
        {
          body: { spec: { renewTime: printMicroTime(this.harness.now) } },
          headers: { 'content-type': 'application/merge-patch+json' },
        },
      );
    }
    this.#nextLease = this.harness.now + LEASE_MS;
  }

  setUp(): void {
    const { header } = this.recording;
    for (const node of header.cluster.nodes) this.#makeNode(node);
    this.#bindNodes();
    this.harness.advance(1000);
    const first = this.recording.lines.find((line) => 'in' in line) as { in: Input } | undefined;
    const body = first?.in.body as KubeObject | undefined;
    for (const name of header.namespaces) {
      if (body?.kind === 'Namespace' && body.metadata.name === name) continue;
      const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
      this.#post('/api/v1/namespaces', noMetrics(this.recording) ? withoutMetrics(namespace) : namespace);
    }
    this.harness.advance(this.start - this.harness.now - 500);
    for (const [resource, path] of Object.entries(collections)) {
      const list = this.harness.request('GET', `${path}?limit=1`);
      if (list.status !== 200) continue;
      const revision = (list.json as KubeObject).metadata.resourceVersion;
      this.#watches.set(resource, this.harness.watch(`${path}?watch=1&resourceVersion=${revision}`));
    }
    this.#renewLeases();
    this.harness.advance(this.start - this.harness.now);
  }

  /** Moves to an instant, keeping heartbeats, binding pods where no scheduler does, and collecting events. */
  advanceTo(at: number): void {
    while (this.harness.now < at) {
      const step = Math.min(at, this.#nextLease, this.harness.now + this.#stepMs);
      this.harness.advance(Math.max(0, step - this.harness.now));
      if (this.harness.now >= this.#nextLease) this.#renewLeases();
      this.collect();
    }
  }

  collect(): void {
    const pods: WatchEvent[] = [];
    for (const [resource, watch] of this.#watches) {
      for (const { type, object } of watch.drain()) {
        const { name = '', namespace } = object.metadata;
        const event = {
          n: 0,
          t: this.harness.now - this.start,
          type,
          resource,
          name,
          object,
        } as unknown as WatchEvent;
        this.events.push(namespace === undefined ? event : { ...event, namespace });
        if (resource === 'pods') pods.push(event);
        if (type === 'ADDED')
          this.#created.push({ ...event, ...(namespace === undefined ? {} : { namespace }) });
      }
    }
    this.#matchCreated();
    for (const event of pods) {
      this.#noteBinding(event);
      this.#noteDeletion(event);
    }
    if (this.#bindsItself) this.#bindPods();
  }

  /** Binds the aliases of recorded objects to the objects of this run, in order of creation. */
  #matchCreated(): void {
    for (let index = 0; index < this.#waiting.length; index += 1) {
      const recorded = this.#waiting[index];
      if (recorded === undefined || recorded.resource === 'events') continue;
      const candidates = this.#created.filter(
        (event) =>
          event.resource === recorded.resource &&
          event.namespace === recorded.namespace &&
          !this.#taken.has(event.object.metadata.uid ?? '') &&
          looksLike(recorded, event),
      );
      const close = candidates.filter((event) => affinityOf(event) === affinityOf(recorded));
      const twin = [...close, ...candidates].find((event) => this.aliases.match(recorded.name, event.name));
      if (twin === undefined) continue;
      this.#taken.add(twin.object.metadata.uid ?? '');
      this.#names.set(twin.object.metadata.uid ?? '', recorded);
      this.aliases.bind(recorded.object.metadata.uid ?? '', twin.object.metadata.uid ?? '');
      this.#waiting.splice(index, 1);
      index -= 1;
    }
  }

  readonly #boundTo = new Map<string, string>();

  /** Which of equal pods gets a node is not settled: names are exchanged so that nodes agree where they can. */
  #noteBinding(event: WatchEvent): void {
    const uid = event.object.metadata.uid ?? '';
    const node = event.object.spec?.nodeName ?? '';
    if (node === '' || this.#boundTo.has(uid)) return;
    this.#boundTo.set(uid, node);
    const mine = this.#names.get(uid);
    if (mine === undefined || this.#nodes.get(mine.name) === node) return;
    const group = groupOf(mine.name);
    for (const [otherUid, other] of this.#names) {
      if (otherUid === uid || groupOf(other.name) !== group || this.#nodes.get(other.name) !== node) continue;
      if (this.#boundTo.has(otherUid) || this.#going.has(otherUid)) continue;
      if (!this.#areEqual(other, mine)) continue;
      this.#exchange(uid, mine, otherUid, other);
      return;
    }
  }

  /** Pods meant for nodes of the start may stand for each other, those for a node that came later may not. */
  #areEqual(one: WatchEvent, other: WatchEvent): boolean {
    const masked = (event: WatchEvent): string =>
      this.recording.header.cluster.nodes.reduce(
        (text, { name }) => text.replaceAll(`"${name}"`, '""'),
        affinityOf(event),
      );
    return masked(one) === masked(other);
  }

  #exchange(uid: string, mine: WatchEvent, otherUid: string, other: WatchEvent): void {
    this.aliases.swap(mine.name, other.name);
    this.aliases.swap(mine.object.metadata.uid ?? '', other.object.metadata.uid ?? '');
    this.#names.set(uid, other).set(otherUid, mine);
  }

  readonly #going = new Set<string>();

  /** Which of equal pods goes is not settled: the one that does takes the name of the one recorded to. */
  #noteDeletion(event: WatchEvent): void {
    const uid = event.object.metadata.uid ?? '';
    const leaving = event.object.metadata['deletionTimestamp'] !== undefined || event.type === 'DELETED';
    if (!leaving || this.#going.has(uid)) return;
    this.#going.add(uid);
    const mine = this.#names.get(uid);
    if (mine === undefined) return;
    const group = groupOf(mine.name);
    const expected = this.#deletions.find((name) => groupOf(name) === group);
    if (expected === undefined) return;
    this.#deletions.splice(this.#deletions.indexOf(expected), 1);
    const other = this.recording.lines
      .flatMap((line) => ('ev' in line ? [line.ev] : []))
      .find((ev) => ev.name === expected);
    if (expected === mine.name || other === undefined || !this.#areEqual(other, mine)) return;
    const otherUid = this.aliases.value(other.object.metadata.uid ?? '');
    if (otherUid === undefined || this.#going.has(otherUid)) return;
    this.#exchange(uid, mine, otherUid, other);
  }

  readonly #bound = new Set<string>();

  /** Without a scheduler the recorded placements are made. */
  #bindPods(): void {
    for (const line of this.recording.lines) {
      if (!('ev' in line) || line.ev.resource !== 'pods' || this.#bound.has(line.ev.name)) continue;
      const node = line.ev.object.spec?.nodeName;
      if (node === undefined || line.ev.t > this.harness.now - this.start) continue;
      const name = this.aliases.resolve(line.ev.name);
      if (name.includes('$')) continue;
      const path = `/api/v1/namespaces/${line.ev.namespace}/pods/${name}`;
      const pod = this.harness.request('GET', path);
      if (pod.status !== 200) continue;
      this.#bound.add(line.ev.name);
      if ((pod.json as { spec: { nodeName?: string } }).spec.nodeName) continue;
      this.harness.request('POST', `${path}/binding`, {
        body: { apiVersion: 'v1', kind: 'Binding', metadata: { name }, target: { kind: 'Node', name: node } },
      });
    }
  }

  #times(text: string): string {
    return text.replace(/t([+-]\d+)ms/g, (_, ms) => printTime(this.start + Number(ms)));
  }

  #addresses = '10.0.0.';

  /** A service address that is asked for is a free one of the newest range. */
  #bindAddresses(text: string): void {
    for (const [alias, number] of text.matchAll(/\$cip(\d+)/g)) {
      this.aliases.bind(alias, `${this.#addresses}${100 + Number(number)}`);
    }
    const range = /"cidrs":\["(\d+\.\d+\.\d+\.)0\/24"/.exec(text)?.[1];
    if (range !== undefined) this.#addresses = range;
  }

  #act(input: Input): void {
    const { method = '', path = '', body, contentType, code } = input;
    this.#bindAddresses(JSON.stringify(body ?? ''));
    this.aliases.bind('$b64pem', SIGNING_REQUEST);
    const url = this.aliases.resolve(path);
    const sent = method === 'POST' && path === '/api/v1/nodes' ? external(body as KubeObject) : body;
    const text = sent === undefined ? undefined : this.#times(this.aliases.resolve(JSON.stringify(sent)));
    const reply = this.harness.request(method, url, {
      ...(text === undefined ? {} : { body: text }),
      ...(contentType === undefined ? {} : { headers: { 'content-type': contentType } }),
    });
    const isWatched = Object.hasOwn(collections, path.slice(path.lastIndexOf('/') + 1));
    if (method === 'POST' && reply.status === 201 && !isWatched) this.#bindOwner(reply.json as KubeObject);
    if (code !== undefined && reply.status !== code) {
      this.refused.push(
        `${input.t} ${method} ${url} ${reply.status} not ${code}: ${reply.body.slice(0, 300)}`,
      );
    }
  }

  /** `200m per pod`, perhaps `, none for <pod>`; a bare number is an external metric. */
  #setMetric(metric: string, value: string): void {
    const [, amount = value] = /^(\S+)/.exec(value) ?? [];
    const missing = /none for (\S+)/.exec(value)?.[1];
    const field = metric === 'cpu' || metric === 'memory' ? metric : `metric.${metric}`;
    const annotate = (path: string, text: string | null) =>
      this.harness.request('PATCH', path, {
        body: { metadata: { annotations: { [`kubicle.dev/${field}`]: text } } },
        headers: { 'content-type': 'application/merge-patch+json' },
      });
    for (const namespace of this.recording.header.namespaces) {
      annotate(`/api/v1/namespaces/${namespace}`, amount);
      if (missing !== undefined) {
        annotate(`/api/v1/namespaces/${namespace}/pods/${this.aliases.resolve(missing)}`, 'none');
      }
    }
  }

  play(input: Input): void {
    this.advanceTo(this.start + input.t);
    if (input.action === 'stopHeartbeat') this.#heartbeats.delete(input.node ?? '');
    else if (input.action === 'resumeHeartbeat') {
      this.#heartbeats.add(input.node ?? '');
      this.#renewLeases();
    }
    if (input.action === 'setMetric') this.#setMetric(input.metric ?? '', input.value ?? '');
    if (input.method === undefined) return;
    const needed = `${input.path ?? ''} ${input.by === 'kubelet' ? '' : JSON.stringify(input.body ?? '')}`;
    for (let waited = 0; waited < 100 && !this.aliases.knows(needed.replaceAll('$x', '')); waited += 1) {
      if (input.by !== 'kubelet') break;
      this.advanceTo(this.harness.now + 20);
    }
    this.#act(input);
  }
}

/** A node that joins has a kubelet of its own. */
const external = (node: KubeObject): KubeObject => ({
  ...node,
  metadata: {
    ...node.metadata,
    annotations: { ...node.metadata.annotations, 'kubicle.dev/kubelet': 'external' },
  },
});

/** A recording without metrics was made without a metrics server. */
const noMetrics = (recording: Recording): boolean =>
  !recording.lines.some((line) => 'in' in line && line.in.action === 'setMetric');

const withoutMetrics = (namespace: KubeObject): KubeObject => ({
  ...namespace,
  metadata: { ...namespace.metadata, annotations: { 'kubicle.dev/cpu': 'none' } },
});

/** What to add to a full minute so that the recording's CronJobs fire at the same instants of the run. */
const minutePhase = (recording: Recording): number => {
  for (const line of recording.lines) {
    if (!('ev' in line)) continue;
    const at = line.ev.object.metadata.annotations?.['batch.kubernetes.io/cronjob-scheduled-timestamp'];
    const scheduled = /^t\+(\d+)ms$/.exec(at ?? '')?.[1];
    if (scheduled !== undefined) return 240_000 - ((Number(scheduled) + LEAD_MS) % 120_000);
  }
  return 0;
};

const suffixOf = (name: string): string => /\$r\d+$/.exec(name)?.[0] ?? '';

const groupOf = (name: string): string => name.slice(0, name.length - suffixOf(name).length);

const placements = (recording: Recording): ReadonlyMap<string, string> => {
  const nodes = new Map<string, string>();
  for (const line of recording.lines) {
    if (!('ev' in line) || line.ev.resource !== 'pods') continue;
    const node = line.ev.object.spec?.nodeName;
    if (node !== undefined) nodes.set(line.ev.name, node);
  }
  return nodes;
};

const deletionOrder = (recording: Recording): string[] => {
  const names = new Set<string>();
  for (const line of recording.lines) {
    if (!('ev' in line) || line.ev.resource !== 'pods' || suffixOf(line.ev.name) === '') continue;
    if (line.ev.type === 'DELETED' || line.ev.object.metadata['deletionTimestamp'] !== undefined)
      names.add(line.ev.name);
  }
  return [...names];
};

const ANNOTATION = 'batch.kubernetes.io/job-completion-index';

/** Pods of a batch come in any order: what tells them apart must agree. */
const affinityOf = (event: WatchEvent): string => JSON.stringify(event.object.spec?.['affinity'] ?? null);

const looksLike = (recorded: WatchEvent, actual: WatchEvent): boolean => {
  const mine = recorded.object.metadata.annotations?.[ANNOTATION];
  return mine === actual.object.metadata.annotations?.[ANNOTATION];
};

/** Replays one recorded scenario in a fresh cluster. */
export const replay = (name: string, options: ReplayOptions = {}): Replay => {
  const recording = readRecording(name);
  const run = new Run(recording, options);
  run.setUp();
  for (const line of recording.lines) if ('in' in line) run.play(line.in);
  run.advanceTo(run.start + recording.header.durationMs + 500);
  const nodes = recording.header.cluster.nodes.map((node) => node.name);
  const recorded = historyOf(
    recording.lines.flatMap((line) => ('ev' in line ? [line.ev] : [])),
    nodes,
  );
  const actual = historyOf(run.events, nodes, run.aliases);
  const journal = run.harness.journal.lines.map(
    (line) => `${line.level} ${line.event} ${JSON.stringify(line.fields)}`,
  );
  const trace = () =>
    run.events.map((event) => JSON.parse(run.aliases.abstract(JSON.stringify(event))) as WatchEvent);
  return { recorded, actual, verdict: compare(recorded, actual), refused: run.refused, journal, trace };
};
