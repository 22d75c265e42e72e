import type { ClusterRpc } from '../../../durable-objects/rpc.ts';
import type { RehearsalReport } from '../../exercise/contract.ts';
import { makeId } from '../secrets.ts';
import type { LoadedTemplate, TemplateProblem } from './load.ts';
import { judgeTrial, scratchSettings, type Trial, trialsOf } from './verify.ts';

/** Plays of one template at a time. */
const AT_ONCE = 4;

/** How one play went. */
export interface TrialResult {
  readonly label: string;
  readonly seed: string;
  readonly problems: readonly TemplateProblem[];
}

const play = async (
  object: (id: string) => ClusterRpc,
  loaded: LoadedTemplate,
  trial: Trial,
  now: number,
): Promise<TrialResult> => {
  const id = makeId('s');
  const { label, seed } = trial;
  try {
    const report: RehearsalReport = await object(id).rehearse(
      scratchSettings(trial, id, now),
      trial.rehearsal,
    );
    return { label, seed, problems: judgeTrial(trial, report, loaded) };
  } catch (error) {
    // A play that takes too long, or that brings the cluster down, proves nothing.
    const message = `${label}: could not be played: ${error instanceof Error ? error.message : String(error)}`;
    return { label, seed, problems: [{ path: '', message }] };
  }
};

/**
 * Plays a template in scratch clusters that nobody else sees and that are gone afterwards: the solution must pass
 * every check, the untouched first state fail each, and each wrong answer fail as said.
 */
export const proveTemplate = async (
  object: (id: string) => ClusterRpc,
  loaded: LoadedTemplate,
  now: number,
): Promise<readonly TrialResult[]> => {
  const trials = trialsOf(loaded);
  const results: TrialResult[] = [];
  for (let at = 0; at < trials.length; at += AT_ONCE) {
    const batch = trials.slice(at, at + AT_ONCE);
    results.push(...(await Promise.all(batch.map((trial) => play(object, loaded, trial, now)))));
  }
  return results;
};
