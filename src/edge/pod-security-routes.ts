import { z } from 'zod';
import type { PodSecurityAnswer } from '../../durable-objects/rpc.ts';
import { badRequestProblem } from '../platform/problem.ts';
import { defineRoute, ok, type Route, type StoredAnswer } from './control/route.ts';
import { ownedCluster } from './owned-cluster.ts';

/** What a real API server reads from a file: defaults and exemptions of Pod Security. */

const PATH = '/clusters/{id}/authz/pod-security';

const configurationView = z
  .looseObject({
    apiVersion: z.string(),
    kind: z.string(),
    defaults: z.record(z.string(), z.string()).optional(),
    exemptions: z
      .looseObject({
        usernames: z.array(z.string()).optional(),
        namespaces: z.array(z.string()).optional(),
        runtimeClasses: z.array(z.string()).optional(),
      })
      .optional(),
  })
  .meta({ id: 'PodSecurityConfiguration' });

const answers = { 200: { description: 'The configuration in force', schema: configurationView } };

const print = ({ configuration, problems }: PodSecurityAnswer): StoredAnswer => {
  const [first] = problems;
  if (first === undefined) return ok(configuration);
  throw badRequestProblem(
    first,
    problems.map((message) => ({ path: message.split(':')[0] ?? '', message })),
  );
};

/** Rows of the configuration of Pod Security. */
export const podSecurityRoutes: readonly Route[] = [
  defineRoute({
    id: 'readPodSecurity',
    method: 'GET',
    path: PATH,
    scope: 'clusters:read',
    tag: 'Access',
    summary: 'Read defaults and exemptions of Pod Security',
    answers,
    handle: async (call) => print(await (await ownedCluster(call, call.params.id)).podSecurity()),
  }),
  defineRoute({
    id: 'replacePodSecurity',
    method: 'PUT',
    path: PATH,
    scope: 'clusters:write',
    tag: 'Access',
    summary: 'Set defaults and exemptions of Pod Security',
    description:
      'A PodSecurityConfiguration, as JSON or YAML: what holds for namespaces without labels, and which users, namespaces and runtime classes are let through.',
    body: configurationView,
    bodyForm: 'json-or-yaml',
    answers,
    example: {
      body: {
        apiVersion: 'pod-security.admission.config.k8s.io/v1',
        kind: 'PodSecurityConfiguration',
        defaults: { enforce: 'baseline', 'enforce-version': 'latest' },
        exemptions: { namespaces: ['kube-system'] },
      },
    },
    handle: async (call) => {
      const cluster = await ownedCluster(call, call.params.id);
      return print(await cluster.podSecurity({ configuration: call.body }));
    },
  }),
  defineRoute({
    id: 'resetPodSecurity',
    method: 'DELETE',
    path: PATH,
    scope: 'clusters:write',
    tag: 'Access',
    summary: 'Go back to no defaults and no exemptions',
    answers,
    handle: async (call) =>
      print(await (await ownedCluster(call, call.params.id)).podSecurity({ configuration: undefined })),
  }),
];
