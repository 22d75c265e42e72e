/**
 * Replays recorded scenarios: the nodes are marked as having external kubelets, the recorded users and kubelets
 * act at their times on the cluster's clock, and what the control plane makes of it is collected.
 */

import type { Latency } from '../../src/controllers/contract.ts';
import type { KubeObject } from '../../src/machinery/object.ts';
import { printTime } from '../../src/machinery/time.ts';
import { EPOCH, Harness, type TestWatch } from '../support/harness.ts';
import { Aliases } from './aliases.ts';
import { collections } from './collections.ts';
import { compare, type History, historyOf, type Verdict } from './compare.ts';
import { external, RecordedNodes } from './nodes.ts';
import { type Input, type Recording, readRecording, type WatchEvent } from './recording.ts';
import { Twins } from './twins.ts';

const LEAD_MS = 4000;
/** How often what the watches give is collected; finer steps give finer times in the trace. */
const STEP_MS = 20;

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
  readonly #nodes: RecordedNodes;
  readonly #twins: Twins;
  readonly #stepMs: number;

  constructor(recording: Recording, { stepMs = STEP_MS, seed = 'seed', latency = 'fast' }: ReplayOptions) {
    this.recording = recording;
    this.#stepMs = stepMs;
    this.harness = new Harness({
      start: EPOCH + minutePhase(recording),
      settings: { nodes: [], controlPlaneNode: false, latency, seed },
    });
    this.start = this.harness.now + LEAD_MS;
    this.#nodes = new RecordedNodes(recording, this.harness);
    this.#twins = new Twins(recording, this.aliases);
  }

  #post(path: string, body: unknown): void {
    const reply = this.harness.request('POST', path, { body });
    if (reply.status !== 201) this.refused.push(`setup ${path} ${reply.status} ${reply.body.slice(0, 300)}`);
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

  /** The uid of an object that is not watched, where the recording's inputs name it as an owner. */
  #bindOwner({ kind, metadata }: KubeObject): void {
    const named = new RegExp(`"kind":"${kind}","name":"${metadata.name}","uid":"(\\$u\\d+)"`);
    const alias = this.recording.lines
      .flatMap((line) => ('in' in line ? (named.exec(JSON.stringify(line.in.body ?? ''))?.[1] ?? []) : []))
      .at(0);
    if (alias !== undefined && metadata.uid !== undefined) this.aliases.bind(alias, metadata.uid);
  }

  setUp(): void {
    const { header } = this.recording;
    for (const node of header.cluster.nodes) {
      this.#nodes.register(node, (path, body) => this.#post(path, body));
    }
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
    this.#nodes.renewLeases();
    this.harness.advance(this.start - this.harness.now);
  }

  /** Moves to an instant, keeping heartbeats and collecting events. */
  advanceTo(at: number): void {
    while (this.harness.now < at) {
      const step = Math.min(at, this.#nodes.nextLease, this.harness.now + this.#stepMs);
      this.harness.advance(Math.max(0, step - this.harness.now));
      if (this.harness.now >= this.#nodes.nextLease) this.#nodes.renewLeases();
      this.collect();
    }
  }

  collect(): void {
    const events: WatchEvent[] = [];
    for (const [resource, watch] of this.#watches) {
      for (const { type, object } of watch.drain()) {
        const { name = '', namespace } = object.metadata;
        const place = namespace === undefined ? { name } : { name, namespace };
        const event = { n: 0, t: this.harness.now - this.start, type, resource, ...place, object };
        events.push(event as unknown as WatchEvent);
      }
    }
    this.events.push(...events);
    this.#twins.note(events);
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
    if (input.action === 'stopHeartbeat') this.#nodes.stop(input.node ?? '');
    if (input.action === 'resumeHeartbeat') this.#nodes.resume(input.node ?? '');
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
