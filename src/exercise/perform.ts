import type { CoreRequest, CoreResponse } from '../api/contract.ts';
import type { Identity } from '../auth/identity.ts';
import { makeSystemIdentity } from '../auth/identity.ts';
import { type Instant, printTime } from '../machinery/time.ts';
import type { Actors, Expectation, Step, StepFailure } from './contract.ts';
import {
  applyRequest,
  collectionPath,
  createRequest,
  type FindKind,
  type ListObjects,
  type ReadObject,
  StepError,
  type StepRequest,
  stepRequests,
} from './step-request.ts';

/** Sends one request to the cluster and returns its answer; nothing else happens meanwhile. */
export type Send = (request: CoreRequest) => CoreResponse;

/** A cluster that steps are done to. */
export interface Stage {
  readonly send: Send;
  readonly find: FindKind;
  readonly now: () => Instant;
}

/** Who steps without a persona act as. */
export const stepAdmin: Identity = makeSystemIdentity('kubernetes-admin');

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const toCore = (
  request: StepRequest,
  identity: Identity,
  extra: Readonly<Record<string, string>> = {},
): CoreRequest => ({
  method: request.method,
  path: request.path,
  query: request.query,
  headers: {
    accept: 'application/json',
    'user-agent': 'kubicle-exercise',
    ...(request.body === undefined ? {} : { 'content-type': request.contentType ?? 'application/json' }),
    ...request.headers,
    ...extra,
  },
  body: request.body === undefined ? new Uint8Array() : encoder.encode(JSON.stringify(request.body)),
  identity,
});

const textOf = ({ body }: CoreResponse): string => (typeof body === 'string' ? body : decoder.decode(body));

const parse = (answer: CoreResponse): Record<string, unknown> => {
  try {
    return JSON.parse(textOf(answer)) as Record<string, unknown>;
  } catch {
    return {};
  }
};

const readerOf = (stage: Stage): { readonly read: ReadObject; readonly list: ListObjects } => {
  const get = (path: string): Record<string, unknown> | undefined => {
    const answer = stage.send(toCore({ method: 'GET', path, query: '' }, stepAdmin));
    return answer.status === 200 ? parse(answer) : undefined;
  };
  return {
    read: ({ apiVersion, kind, namespace, name }) =>
      get(`${collectionPath(stage.find, apiVersion, kind, namespace)}/${encodeURIComponent(name)}`),
    list: ({ apiVersion, kind, namespace }) => {
      const items = get(collectionPath(stage.find, apiVersion, kind, namespace))?.['items'];
      return Array.isArray(items) ? items : [];
    },
  };
};

const meets = (expected: Expectation, code: number): boolean => {
  if (expected === 'allowed') return code < 400;
  return code === (expected === 'denied' ? 403 : expected);
};

const messageOf = (answer: CoreResponse): string => {
  const { message } = parse(answer);
  return typeof message === 'string' ? message : textOf(answer).slice(0, 500);
};

const impersonation = (step: Step): Record<string, string> => {
  const { user, groups = [] } = step.impersonate ?? {};
  return {
    ...(user === undefined ? {} : { 'impersonate-user': user }),
    ...(groups.length === 0 ? {} : { 'impersonate-group': groups.join(',') }),
  };
};

/** Does one step that is not a wait. Returns what went otherwise than expected. */
export const performStep = (
  stage: Stage,
  step: Step,
  actors: Actors,
  index: number,
): StepFailure | undefined => {
  const identity = step.as === undefined ? stepAdmin : actors[step.as];
  if (identity === undefined)
    return { step: index, code: 0, message: `there is no persona ${String(step.as)}` };
  const expected = step.expect ?? 'allowed';
  const { read, list } = readerOf(stage);
  try {
    for (const make of stepRequests(step, { find: stage.find, read, list, at: printTime(stage.now()) })) {
      const answer = stage.send(toCore(make(), identity, impersonation(step)));
      if (step.delete?.ignoreNotFound && answer.status === 404) continue;
      if (meets(expected, answer.status)) continue;
      const message =
        answer.status < 400 ? `expected ${expected}, was answered ${answer.status}` : messageOf(answer);
      return { step: index, code: answer.status, message };
    }
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    if (!meets(expected, error.code)) return { step: index, code: error.code, message: error.message };
  }
  return undefined;
};

/** Puts one object of the first state there: created, or applied over what the cluster made by itself. */
export const putManifest = (stage: Stage, manifest: unknown, index: number): StepFailure | undefined => {
  try {
    const created = stage.send(toCore(createRequest(stage.find, manifest), stepAdmin));
    if (created.status < 400) return undefined;
    if (created.status !== 409) return { step: index, code: created.status, message: messageOf(created) };
    const applied = stage.send(toCore(applyRequest(stage.find, manifest), stepAdmin));
    return applied.status < 400
      ? undefined
      : { step: index, code: applied.status, message: messageOf(applied) };
  } catch (error) {
    if (error instanceof StepError) return { step: index, code: error.code, message: error.message };
    throw error;
  }
};
