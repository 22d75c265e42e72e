/**
 * Which object of a run stands for which recorded one. Names and uids are random, and which of equal pods gets a
 * node or has to go is chance on a real control plane too, so twins are found by order and likeness and exchanged
 * where that makes chance fall as it was recorded.
 */

import type { Aliases } from './aliases.ts';
import type { Recording, WatchEvent } from './recording.ts';

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

/** Binds the aliases of a recording to the objects of a run as they appear. */
export class Twins {
  readonly #recording: Recording;
  readonly #aliases: Aliases;
  readonly #waiting: WatchEvent[];
  readonly #created: WatchEvent[] = [];
  readonly #taken = new Set<string>();
  /** Node of each recorded pod, by its name. */
  readonly #nodes: ReadonlyMap<string, string>;
  /** Recorded object by the uid of its twin. */
  readonly #names = new Map<string, WatchEvent>();
  /** Names of pods in the order in which they were recorded to go. */
  readonly #deletions: string[];
  readonly #boundTo = new Map<string, string>();
  readonly #going = new Set<string>();

  constructor(recording: Recording, aliases: Aliases) {
    this.#recording = recording;
    this.#aliases = aliases;
    this.#nodes = placements(recording);
    this.#deletions = deletionOrder(recording);
    this.#waiting = recording.lines.flatMap((line) =>
      'ev' in line && line.ev.type === 'ADDED' ? [line.ev] : [],
    );
  }

  /** Takes note of what the watches gave. */
  note(events: readonly WatchEvent[]): void {
    this.#created.push(...events.filter(({ type }) => type === 'ADDED'));
    this.#match();
    for (const event of events.filter(({ resource }) => resource === 'pods')) {
      this.#noteBinding(event);
      this.#noteDeletion(event);
    }
  }

  /** Binds the aliases of recorded objects to the objects of this run, in order of creation. */
  #match(): void {
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
      const twin = [...close, ...candidates].find((event) => this.#aliases.match(recorded.name, event.name));
      if (twin === undefined) continue;
      this.#taken.add(twin.object.metadata.uid ?? '');
      this.#names.set(twin.object.metadata.uid ?? '', recorded);
      this.#aliases.bind(recorded.object.metadata.uid ?? '', twin.object.metadata.uid ?? '');
      this.#waiting.splice(index, 1);
      index -= 1;
    }
  }

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
      this.#recording.header.cluster.nodes.reduce(
        (text, { name }) => text.replaceAll(`"${name}"`, '""'),
        affinityOf(event),
      );
    return masked(one) === masked(other);
  }

  #exchange(uid: string, mine: WatchEvent, otherUid: string, other: WatchEvent): void {
    this.#aliases.swap(mine.name, other.name);
    this.#aliases.swap(mine.object.metadata.uid ?? '', other.object.metadata.uid ?? '');
    this.#names.set(uid, other).set(otherUid, mine);
  }

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
    const other = this.#recording.lines
      .flatMap((line) => ('ev' in line ? [line.ev] : []))
      .find((ev) => ev.name === expected);
    if (expected === mine.name || other === undefined || !this.#areEqual(other, mine)) return;
    const otherUid = this.#aliases.value(other.object.metadata.uid ?? '');
    if (otherUid === undefined || this.#going.has(otherUid)) return;
    this.#exchange(uid, mine, otherUid, other);
  }
}
