import {
  NO_CONFIGURATION,
  type PodSecurityConfiguration,
  parseConfiguration,
  printConfiguration,
} from '../admission/pod-security/configuration.ts';
import type { Store } from '../store/store.ts';

const CONFIGURATION = 'admission.podSecurity';

/** The configuration of Pod Security as its owner sees it, and what was wrong with one that was to be set. */
export interface PodSecurityAnswer {
  readonly configuration: Readonly<Record<string, unknown>>;
  readonly isDefault: boolean;
  readonly problems: readonly string[];
}

/** Where a cluster keeps what a real API server reads from a file. */
export interface PodSecuritySettings {
  /** In force; the same value as long as it does not change. */
  current(): PodSecurityConfiguration;
  /** Tells the configuration; with a change it is set first (`undefined` goes back to none). */
  tell(change?: { readonly configuration: unknown }): PodSecurityAnswer;
}

/** Keeps the configuration among the cluster's settings. */
export const makePodSecuritySettings = (store: Pick<Store, 'meta' | 'transaction'>): PodSecuritySettings => {
  const { meta } = store;
  let known: { readonly text: string | undefined; readonly value: PodSecurityConfiguration } | undefined;
  const current = (): PodSecurityConfiguration => {
    const text = meta.get(CONFIGURATION);
    if (known === undefined || known.text !== text) {
      known = { text, value: text === undefined ? NO_CONFIGURATION : JSON.parse(text) };
    }
    return known.value;
  };
  const set = (given: unknown): readonly string[] => {
    const parsed = given === undefined ? undefined : parseConfiguration(given);
    if (parsed !== undefined && 'problems' in parsed) return parsed.problems;
    store.transaction(() => {
      if (parsed === undefined) meta.delete(CONFIGURATION);
      else meta.set(CONFIGURATION, JSON.stringify(parsed.configuration));
    });
    return [];
  };
  return {
    current,
    tell: (change) => {
      const problems = change === undefined ? [] : set(change.configuration);
      const isDefault = meta.get(CONFIGURATION) === undefined;
      return { configuration: printConfiguration(current()), isDefault, problems };
    },
  };
};
