/** Every exercise of the catalogue: solved passes, untouched fails, wrong answers fail as said. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../catalogue/index.ts';
import { lintText } from '../../src/platform/templates/lint.ts';
import { judgeTrial, trialsOf } from '../../src/platform/templates/verify.ts';
import { playTrial } from '../support/template-trial.ts';

const FOLDER = join(import.meta.dirname, '../../catalogue');
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));

it('the list of built-in templates is complete', () => {
  const texts = files.map((file) => readFileSync(join(FOLDER, file), 'utf8'));
  expect([...CATALOGUE].sort()).toEqual([...texts].sort());
});

describe.each(files)('%s', (file) => {
  const linted = lintText(readFileSync(join(FOLDER, file), 'utf8'));

  it('has the right form, and its name is its file', () => {
    expect(linted.ok ? [] : linted.problems).toEqual([]);
    expect(linted.ok && `${linted.template.name}.yaml`).toBe(file);
  });

  if (!linted.ok) return;
  const { loaded, template } = linted;

  it('speaks English and Chinese, and has hints and wrong answers', () => {
    const texts = [
      template.title,
      template.description,
      ...template.tasks.flatMap(({ title, text, checks, hints }) => [
        title,
        text,
        ...checks.flatMap((check) => [check.title, check.hint ?? { en: '', zh: 'none' }]),
        ...hints.map((hint) => hint.text),
      ]),
    ];
    expect(texts.filter((text) => text?.zh === undefined)).toEqual([]);
    expect(template.wrongAnswers.length).toBeGreaterThan(0);
  });

  it.each(trialsOf(loaded).map((trial) => [`${trial.label} (${trial.seed})`, trial] as const))(
    '%s ends as it must',
    (_, trial) => {
      expect(judgeTrial(trial, playTrial(trial), loaded)).toEqual([]);
    },
  );
});
