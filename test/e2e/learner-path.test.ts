/** One learner, three exercises: denied, told why, mended with kubectl, graded as it happens. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { findKubectls, makeRunner, type Runner } from './support/kubectl.ts';
import { call } from './support/server.ts';

interface Environment {
  readonly id: string;
  readonly clusterId: string;
  readonly personas: readonly {
    readonly name: string;
    readonly user?: string;
    readonly namespace?: string;
    readonly kubeconfigUrl: string;
  }[];
}

interface Grade {
  readonly score: number;
  readonly max: number;
  readonly passed: boolean;
  readonly checks: readonly { readonly id: string; readonly status: string; readonly evidence: string }[];
}

interface Explanation {
  readonly decision: string;
  readonly nearestMisses: readonly { readonly sentence: string }[];
}

const server = inject('server');
const [kubectl] = findKubectls().slice(-1);

const ask = async <Body>(status: number, method: string, path: string, body?: unknown): Promise<Body> => {
  const answer = await call(server, method, path, body === undefined ? {} : { body });
  if (answer.status !== status) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
  return answer.json<Body & Record<string, unknown>>();
};

/** An exercise as the learner has it in hand: a kubectl for each persona, and what the platform says. */
const begin = async (template: string) => {
  const environment = await ask<Environment>(201, 'POST', '/v1/environments', {
    template,
    learnerRef: 'lea',
  });
  const as = async (name: string): Promise<Runner> => {
    if (kubectl === undefined) throw new Error('no kubectl');
    const url = new URL(environment.personas.find((each) => each.name === name)?.kubeconfigUrl ?? '');
    const { text } = await call(server, 'GET', url.pathname);
    const file = join(server.home, `${environment.id}-${name}.yaml`);
    writeFileSync(file, text, { mode: 0o600 });
    return makeRunner(kubectl, file);
  };
  const persona = (name: string) => environment.personas.find((each) => each.name === name);
  const grade = () => ask<Grade>(200, 'POST', `/v1/environments/${environment.id}/grade`);
  const explain = (question: Readonly<Record<string, string>>) =>
    ask<Explanation>(
      200,
      'GET',
      `/v1/clusters/${environment.clusterId}/authz/explain?${new URLSearchParams(question)}`,
    );
  return { as, persona, grade, explain, namespace: environment.personas.at(-1)?.namespace ?? '' };
};

const evidence = ({ checks }: Grade, id: string): string =>
  checks.find((check) => check.id === id)?.evidence ?? '';

describe('a learner', () => {
  it('grants reading of pods, forgets the logs, and is told', async () => {
    const { as, persona, grade, explain, namespace } = await begin('rbac-read-only-developer');
    const [admin, developer] = [await as('admin'), await as('developer')];
    const user = persona('developer')?.user ?? '';
    expect((await developer.run(['get', 'pods'])).stderr).toContain('Forbidden');

    await admin.ok('create', 'role', 'reader', '--verb=get,list', '--resource=pods');
    await admin.ok('create', 'rolebinding', 'reader', '--role=reader', `--user=${user}`);
    const partly = await grade();
    expect(evidence(partly, 'reads-pods')).toContain(`${user} should be able to watch pods in ${namespace}`);
    expect(evidence(partly, 'reads-pods')).toContain('would allow this if rules[0].verbs had "watch"');
    const question = { user, verb: 'get', resource: 'pods', subresource: 'log', namespace };
    const why = await explain(question);
    expect(why.decision).toBe('deny');
    expect(why.nearestMisses[0]?.sentence).toContain('pods/log');

    await admin.ok('delete', 'role', 'reader');
    await admin.ok('create', 'role', 'reader', '--verb=get,list,watch', '--resource=pods,pods/log');
    const pod = (await developer.ok('get', 'pods', '-o', 'name')).split('\n')[0] ?? '';
    await developer.ok('logs', pod);
    expect(await explain(question)).toMatchObject({ decision: 'allow' });
    expect(await grade()).toMatchObject({ passed: true, score: 8 });
  });

  it('finds a binding that names nobody', async () => {
    const { as, persona, grade, explain, namespace } = await begin('rbac-wrong-subject');
    const [admin, developer] = [await as('admin'), await as('developer')];
    const user = persona('developer')?.user ?? '';
    const create = ['create', 'deployment', 'web', '--image=nginx'];
    expect((await developer.run(create)).stderr).toContain('is forbidden');
    const why = await explain({
      user,
      groups: 'developers',
      verb: 'create',
      group: 'apps',
      resource: 'deployments',
      namespace,
    });
    expect(why.nearestMisses[0]?.sentence).toContain('developers-edit');

    const wrong = `[{"op":"replace","path":"/subjects/0","value":{"kind":"User","apiGroup":"rbac.authorization.k8s.io","name":"${user}"}}]`;
    await admin.ok('patch', 'rolebinding', 'developers-edit', '--type=json', '-p', wrong);
    await developer.ok(...create);
    const partly = await grade();
    expect(partly.passed).toBe(false);
    expect(evidence(partly, 'whole-group')).toContain(
      'a-new-colleague should be able to create deployments.apps',
    );

    const right =
      '[{"op":"replace","path":"/subjects/0","value":{"kind":"Group","apiGroup":"rbac.authorization.k8s.io","name":"developers"}}]';
    await admin.ok('patch', 'rolebinding', 'developers-edit', '--type=json', '-p', right);
    expect(await grade()).toMatchObject({ passed: true });
  });

  it('moves a grant to where it belongs, and proves it by using it', async () => {
    const { as, persona, grade, namespace } = await begin('rbac-wrong-namespace');
    const [admin, tester] = [await as('admin'), await as('tester')];
    const user = persona('tester')?.user ?? '';
    expect((await tester.run(['get', 'configmap', 'test-plan'])).stderr).toContain(
      `User "${user}" cannot get resource "configmaps" in API group "" in the namespace "${namespace}"`,
    );
    await admin.ok(
      'create',
      'rolebinding',
      'test-runner',
      '-n',
      namespace,
      '--role=test-runner',
      `--user=${user}`,
    );
    const partly = await grade();
    expect(evidence(partly, 'nothing-in-default')).toContain(
      `${user} can get configmaps in default but must not`,
    );
    expect(evidence(partly, 'plan-was-read')).toContain('has 0 requests');
    await admin.ok('delete', 'rolebinding', 'test-runner', '-n', 'default');
    await tester.ok('get', 'configmap', 'test-plan');
    expect(await grade()).toMatchObject({ passed: true });
  });
});
