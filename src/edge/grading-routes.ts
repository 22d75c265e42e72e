import { z } from 'zod';
import type { Grading } from '../exercise/contract.ts';
import { printTime } from '../machinery/time.ts';
import type { EnvironmentAction } from '../platform/environment-access.ts';
import {
  type Environment,
  getEnvironment,
  type OpenEnvironment,
  openEnvironment,
  takeHint,
} from '../platform/environments.ts';
import { gradeView, keepGrade, scoreOf } from '../platform/grades.ts';
import { makeProblem, notFoundProblem, ProblemError } from '../platform/problem.ts';
import { inLanguage, type Language } from '../platform/templates/views.ts';
import { emit } from '../platform/webhooks/emit.ts';
import { requireCaller } from './control/caller.ts';
import { type AnyCall, defineRoute, ok, type Route, textAnswer } from './control/route.ts';
import { type ClusterStub, clusterObject, heartbeatOf } from './env.ts';
import { attemptSchema, gradeSchema, hintSchema } from './environment-schemas.ts';
import { lineView } from './environment-views.ts';
import { streamGrades } from './grade-stream.ts';
import { personaKubeconfig } from './persona-kubeconfig.ts';
import { languageFor, languageShape } from './template-schemas.ts';

/** Working in an environment: kubeconfigs, hints, grades, and what became of it. */

type EnvironmentCall = Pick<AnyCall, 'env' | 'directory' | 'caller' | 'now'> & {
  readonly params: { readonly id: string };
};

interface Opened extends OpenEnvironment {
  readonly object: ClusterStub;
}

const open = async (call: EnvironmentCall, action: EnvironmentAction): Promise<Opened> => {
  const { env, directory, caller, params, now } = call;
  const environment = await getEnvironment(directory.db, caller.accountId, params.id, action, now);
  const opened = await openEnvironment(directory.db, environment);
  return { ...opened, object: clusterObject(env, environment.clusterId) };
};

const busy = () =>
  makeProblem('unavailable', 'the cluster is not ready to be graded, please try again', {
    retryAfterSeconds: 1,
  });

const keep = async (
  { directory }: EnvironmentCall,
  opened: OpenEnvironment,
  grading: Grading,
  language: Language,
  { reported }: { readonly reported: boolean },
): Promise<ReturnType<typeof gradeView>> => {
  const { environment } = opened;
  const now = Date.now();
  const score = scoreOf(opened, grading);
  const { isNewlyPassed } = await keepGrade(directory.db, environment, score, now);
  const data = lineView({ ...environment, score: score.score, passed: score.passed, gradedAt: now }, now);
  if (reported) await emit(directory, environment, 'environment.graded', data);
  if (isNewlyPassed) await emit(directory, environment, 'environment.passed', data);
  return gradeView(opened, grading, language);
};

const languageQuery = z.object(languageShape);

const kubeconfigRoute = defineRoute({
  id: 'getPersonaKubeconfig',
  method: 'GET',
  path: '/environments/{id}/kubeconfigs/{persona}',
  scope: 'environments:write',
  tag: 'Environments',
  summary: "Get a persona's kubeconfig",
  description: 'Each call makes a new one, good until the environment ends (at most 30 days).',
  answers: { 200: { description: 'A kubeconfig', contentType: 'application/yaml' } },
  problems: ['gone'],
  handle: async (call) => {
    const { template, environment } = await open(call, 'practise');
    const persona = template.personas.find(
      ({ name, hidden }) => name === call.params.persona && hidden !== true,
    );
    if (persona === undefined) throw notFoundProblem('persona');
    return textAnswer(200, await personaKubeconfig(call, environment, persona), 'application/yaml');
  },
});

const gradeRoute = defineRoute({
  id: 'gradeEnvironment',
  method: 'POST',
  path: '/environments/{id}/grade',
  scope: 'environments:write',
  tag: 'Environments',
  summary: 'Grade',
  description:
    'All checks are judged at one revision, inside the cluster. The grade is kept with the environment.',
  query: languageQuery,
  answers: { 200: { description: 'The grade', schema: gradeSchema } },
  problems: ['gone', 'unavailable'],
  handle: async (call) => {
    const opened = await open(call, 'practise');
    const grading = await opened.object.grade();
    if (grading === undefined) throw busy();
    return ok(
      await keep(call, opened, grading, languageFor(call.request, call.query.lang), { reported: true }),
    );
  },
});

const streamRoute = defineRoute({
  id: 'followGrade',
  method: 'GET',
  path: '/environments/{id}/grade/stream',
  scope: 'environments:read',
  tag: 'Environments',
  summary: 'Follow the grade',
  description:
    'The present grade at once, then a new one whenever something that happened changed it: lines of JSON, or server-sent events for `Accept: text/event-stream`.',
  query: languageQuery,
  answers: { 200: { description: 'Grades, one after the other', contentType: 'application/x-ndjson' } },
  problems: ['gone'],
  handle: async (call) => {
    const opened = await open(call, 'practise');
    const language = languageFor(call.request, call.query.lang);
    // Hints may have been asked for meanwhile; keys are revoked, members leave.
    const present = (): Promise<Environment> =>
      getEnvironment(call.directory.db, call.caller.accountId, opened.environment.id, 'see', Date.now());
    const isWelcome = async (): Promise<boolean> => {
      try {
        await requireCaller(call.request, call.env, 'environments:read', Date.now());
        await present();
        return true;
      } catch (error) {
        if (error instanceof ProblemError) return false;
        throw error;
      }
    };
    const view = async (grading: Grading) =>
      keep(call, { ...opened, environment: await present() }, grading, language, { reported: false });
    return streamGrades(opened.object, call.request, view, { isWelcome, heartbeatMs: heartbeatOf(call.env) });
  },
});

const hintRoute = defineRoute({
  id: 'takeHint',
  method: 'POST',
  path: '/environments/{id}/hints',
  scope: 'environments:write',
  tag: 'Environments',
  summary: 'Ask for a hint',
  description: 'The next hint of a task. What it costs is taken off the score.',
  query: languageQuery,
  body: z.strictObject({ task: z.string().min(1).max(63) }),
  answers: { 200: { description: 'The hint', schema: hintSchema } },
  problems: ['gone', 'conflict'],
  handle: async (call) => {
    const { environment, template } = await open(call, 'practise');
    const task = template.tasks.find(({ id }) => id === call.body.task);
    if (task === undefined) throw notFoundProblem('task');
    const number = await takeHint(call.directory.db, environment, task.id, task.hints.length);
    const hint = task.hints[number - 1];
    if (hint === undefined) throw notFoundProblem('hint');
    const text = inLanguage(hint.text, languageFor(call.request, call.query.lang));
    return ok({ task: task.id, number, left: task.hints.length - number, text, cost: hint.cost });
  },
});

const AUDIT_PAGE = 1000;

const readAudit = async (object: ClusterStub, environment: Environment, since: number) => {
  const page = await object.audit({ since, order: 'asc', limit: AUDIT_PAGE });
  const gap = page.gap !== undefined && (page.gap.until ?? Number.POSITIVE_INFINITY) > since;
  return { events: page.events, isTruncated: gap || page.cursor !== undefined, id: environment.id };
};

const attemptRoute = defineRoute({
  id: 'exportAttempt',
  method: 'GET',
  path: '/environments/{id}/attempt',
  scope: 'environments:read',
  tag: 'Environments',
  summary: 'Export an attempt',
  description:
    'What the learner made, changed and deleted, the audit log since the start (at most 1,000 events), and the grade.',
  query: languageQuery,
  answers: { 200: { description: 'The attempt', schema: attemptSchema } },
  problems: ['gone', 'unavailable'],
  handle: async (call) => {
    const opened = await open(call, 'manage');
    const report = await opened.object.attempt();
    if (report === undefined) throw busy();
    const audit = await readAudit(opened.object, opened.environment, report.began);
    const grade = gradeView(opened, report.grading, languageFor(call.request, call.query.lang));
    return ok({
      environment: lineView(opened.environment, call.now),
      beganAt: printTime(report.began),
      grade,
      changes: report.changes,
      audit: audit.events,
      auditTruncated: audit.isTruncated,
    });
  },
});

/** Working in an environment. */
export const gradingRoutes: readonly Route[] = [
  kubeconfigRoute,
  gradeRoute,
  streamRoute,
  hintRoute,
  attemptRoute,
];
