/** Plays templates in plain Node, in the real core over node:sqlite: what publishing a template does in an object. */

import { createCluster } from '../../src/cluster/cluster.ts';
import { rehearse } from '../../src/cluster/rehearsal.ts';
import type { RehearsalReport } from '../../src/exercise/contract.ts';
import { lintText } from '../../src/platform/templates/lint.ts';
import type { TemplateProblem } from '../../src/platform/templates/load.ts';
import { judgeTrial, scratchSettings, type Trial, trialsOf } from '../../src/platform/templates/verify.ts';
import { EPOCH } from './harness.ts';
import { openNodeSql } from './node-sql.ts';

/** One play of a template in a fresh cluster. Bugs of the core are thrown. */
export const playTrial = (trial: Trial): RehearsalReport => {
  const sql = openNodeSql();
  const bugs: unknown[] = [];
  const journal = {
    write: (level: string, event: string, fields: unknown) => {
      if (level === 'error') bugs.push({ event, fields });
    },
  };
  try {
    const cluster = createCluster({ sql, journal }, scratchSettings(trial, 'trial', EPOCH), EPOCH);
    const report = rehearse(cluster, trial.rehearsal, EPOCH);
    if (bugs.length > 0) throw new Error(JSON.stringify(bugs[0]));
    return report;
  } finally {
    sql.close();
  }
};

/** Everything that is wrong with a template: its form first, then each play of it. */
export const testTemplate = (text: string): readonly TemplateProblem[] => {
  const linted = lintText(text);
  if (!linted.ok) return linted.problems;
  return trialsOf(linted.loaded).flatMap((trial) => judgeTrial(trial, playTrial(trial), linted.loaded));
};
