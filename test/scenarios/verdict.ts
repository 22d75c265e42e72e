/**
 * When a scenario holds. The index of the recordings says what a second recording on the same real control plane gave:
 * objects that went another way there, or ended otherwise, are races that nobody has to win; everything else was the
 * same twice and must be the same here. Objects that only went another way must still end as recorded.
 */

import { readGoldenJson } from '../support/golden.ts';
import { type Replay, type ReplayOptions, replay } from './replay.ts';

/** What differed between two recordings of one scenario on the real control plane. */
export interface Repeat {
  readonly otherSequenceSameEnd: readonly string[];
  readonly otherEnd: readonly string[];
}

interface IndexEntry {
  readonly scenario: string;
  readonly repeat: Repeat;
}

/** What the index says of each scenario. */
export const repeats = (): ReadonlyMap<string, Repeat> => {
  const entries = readGoldenJson<readonly IndexEntry[]>('scenarios/index.json.gz');
  return new Map(entries.map(({ scenario, repeat }) => [scenario, repeat]));
};

/** `pods/ns/a` as the index writes it: `pods|a`. */
const indexName = (key: string): string => {
  const [resource = '', , ...name] = key.split('/');
  return `${resource}|${name.join('/')}`;
};

/** The index masks nodes and uids, and cuts long texts; a batch's pods are made in any order. */
const masked = (message: string): string =>
  message
    .replace(/<node>|NODE\b|node-\d+/g, '~')
    .replace(/pod (?:\$u\d+|U)(?= )/g, 'pod ~')
    .replace(/\$(?:r\d+|x)/g, '$r');

interface EventName {
  readonly about: string;
  readonly message: string;
}

/** `events|["Pod","a","Failed","text...` to its parts; the text may be cut anywhere. */
const eventName = (entry: string): EventName | undefined => {
  const parts = /^events\|\["([^"]*)","([^"]*)","([^"]*)","(.*)$/.exec(entry);
  if (parts === null) return undefined;
  const [, kind = '', name = '', reason = '', text = ''] = parts;
  return { about: `${kind}/${masked(name)} ${reason}`, message: masked(text.replace(/"\]$/, '')) };
};

const isRaced = (raced: readonly EventName[], text: string): boolean => {
  const [, object = '', reason = '', message = ''] = /^(\S+) \S+ (\S+) (.*)$/s.exec(text) ?? [];
  const about = `${masked(object)} ${reason}`;
  return raced.some((it) => it.about === about && masked(message).startsWith(it.message));
};

/** Why a scenario does not hold; empty when it does. */
export const deviations = ({ verdict, refused, journal }: Replay, repeat: Repeat): readonly string[] => {
  const otherWays = new Set(repeat.otherSequenceSameEnd);
  const otherEnds = new Set(repeat.otherEnd);
  const raced = repeat.otherEnd.flatMap((entry) => eventName(entry) ?? []);
  const mayDiffer = (key: string) => otherEnds.has(indexName(key));
  return [
    ...verdict.otherWay
      .filter((key) => !otherWays.has(indexName(key)) && !mayDiffer(key))
      .map((key) => `another way: ${key}`),
    ...verdict.otherEnd.filter((key) => !mayDiffer(key)).map((key) => `another end: ${key}`),
    ...verdict.missingEvents.filter((text) => !isRaced(raced, text)).map((text) => `missing: ${text}`),
    ...verdict.extraEvents.filter((text) => !isRaced(raced, text)).map((text) => `not recorded: ${text}`),
    ...refused.map((text) => `refused: ${text}`),
    ...journal.filter((line) => line.startsWith('error')).map((line) => `failed: ${line}`),
  ];
};

/** Seeds that are tried: which of equal victims goes, or which of equal nodes is taken, is chance on a real one too. */
const SEEDS = ['seed', 'a', 'b', 'c', 'd', 'e', 'f', 'g'];

/** A scenario with what does not hold of it: of the seed with the least. */
export interface Judged {
  readonly name: string;
  readonly replay: Replay;
  readonly deviations: readonly string[];
}

/** Replays a scenario, with other seeds until one holds. */
export const judge = (name: string, repeat: Repeat, options: ReplayOptions = {}): Judged => {
  let best: Judged | undefined;
  for (const seed of SEEDS) {
    const run = replay(name, { ...options, seed });
    const judged = { name, replay: run, deviations: deviations(run, repeat) };
    if (best === undefined || judged.deviations.length < best.deviations.length) best = judged;
    if (judged.deviations.length === 0) break;
  }
  if (best === undefined) throw new Error('no seeds');
  return best;
};
