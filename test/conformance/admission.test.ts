import { expect, test } from 'vitest';
import type { Identity } from '../../src/auth/identity.ts';
import type { ResourceQuota } from '../../src/kinds/generated/types.ts';
import type { KubeObject } from '../../src/machinery/object.ts';
import { addQuantity, canonicalResource, quantityOf } from '../../src/machinery/quantity.ts';
import { inQuotaScopes, quotaScopes, quotaUsage } from '../../src/machinery/quota-usage.ts';
import { readGoldenJson, readGoldenLines } from '../support/golden.ts';
import { Harness, type Reply } from '../support/harness.ts';
import {
  bodyOf,
  compareReply,
  type Difference,
  differences,
  normalise,
  printReport,
  type RecordedRequest,
  type RecordedResponse,
  replay,
} from '../support/oracle.ts';

interface Case {
  readonly id: string;
  readonly setup: string;
  readonly request: RecordedRequest & {
    readonly as?: { readonly user: string; readonly groups: readonly string[] };
  };
  readonly response: RecordedResponse;
}

interface Setup {
  readonly namespaces: readonly {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
  }[];
  readonly objects: readonly KubeObject[];
}

const cases = readGoldenLines<Case>('admission.jsonl.gz');
const setups = readGoldenJson<Record<string, Setup>>('admission-setups.json.gz');

/** Does the quota controller's work where no controller has done it. */
const countQuotas = (harness: Harness, namespace: string): void => {
  const base = `/api/v1/namespaces/${namespace}`;
  for (const quota of harness.list<ResourceQuota>(`${base}/resourcequotas`)) {
    if (quota.status?.hard !== undefined) continue;
    const hard = quota.spec?.hard ?? {};
    const used = Object.fromEntries(Object.keys(hard).map((name) => [name, quantityOf('0')]));
    for (const [resource, url] of [
      ['pods', `${base}/pods`],
      ['deployments.apps', `/apis/apps/v1/namespaces/${namespace}/deployments`],
    ] as const) {
      for (const object of harness.list(url)) {
        if (!inQuotaScopes(resource, quotaScopes(quota.spec), object)) continue;
        for (const [name, amount] of quotaUsage(resource, object, harness.now)) {
          const sum = used[name];
          if (sum !== undefined) used[name] = addQuantity(sum, amount);
        }
      }
    }
    const printed = Object.fromEntries(
      Object.entries(used).map(([name, amount]) => [name, canonicalResource(amount)]),
    );
    harness.expect(200, 'PUT', `${base}/resourcequotas/${quota.metadata.name}/status`, {
      body: { ...quota, status: { hard, used: printed } },
    });
  }
};

/** Objects that other setups of the recording had left behind are not there: each setup has its own cluster. */
const build = (name: string): Harness => {
  const harness = new Harness({ settings: { nodes: [] } });
  const setup = setups[name] ?? { namespaces: [], objects: [] };
  const withAdm: Setup['namespaces'] = setup.namespaces.some((one) => one.name === 'adm')
    ? []
    : [{ name: 'adm' }];
  for (const { name: namespace, labels } of [...setup.namespaces, ...withAdm]) {
    harness.request('POST', '/api/v1/namespaces', {
      body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } },
    });
  }
  harness.settle(10_000);
  for (const object of setup.objects) {
    harness.expect(201, 'POST', harness.collectionOf(object), { body: object });
    harness.settle(10_000);
  }
  harness.settle(60_000);
  for (const { name: namespace } of setup.namespaces) countQuotas(harness, namespace);
  return harness;
};

const warningsOf = (reply: Reply): string[] => {
  const header = reply.headers['Warning'] ?? reply.headers['warning'] ?? '';
  return [...header.matchAll(/299 - ("(?:[^"\\]|\\.)*")/g)].map(
    ([, text]) => JSON.parse(text ?? '""') as string,
  );
};

const asHeaders = ({ request }: Case): RecordedRequest => {
  if (request.as === undefined) return request;
  const headers: Record<string, string> = { ...request.headers, 'impersonate-user': request.as.user };
  if (request.as.groups.length > 0) headers['impersonate-group'] = request.as.groups.join(', ');
  return { ...request, headers };
};

interface PodLike {
  readonly kind: string;
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: Readonly<Record<string, readonly { readonly name: string; readonly resources?: unknown }[]>>;
}

/** The recording of limit ranges keeps of a pod only what they set. */
const onlyResources = (body: unknown): unknown => {
  const { kind, metadata, spec } = body as PodLike;
  if (kind !== 'Pod') return body;
  const { annotations } = metadata;
  return {
    metadata: annotations === undefined ? {} : { annotations },
    resources: [...(spec['initContainers'] ?? []), ...(spec['containers'] ?? [])].map(
      ({ name, resources }) => ({ name, resources }),
    ),
  };
};

/** The administrator of the recording. */
const recorder: Identity = {
  username: 'admin',
  uid: 'admin',
  groups: ['system:masters', 'system:authenticated'],
};

const run = (harness: Harness, item: Case): Difference[] => {
  const { headers, ...request } = asHeaders(item);
  const reply = harness.request(request.method, request.path, {
    body: bodyOf(request),
    as: recorder,
    ...(headers === undefined ? {} : { headers }),
  });
  const recorded = item.response;
  const warnings = differences(recorded.warnings ?? [], warningsOf(reply), 'warnings');
  if (item.setup !== 'lr' || recorded.status !== 201) return [...compareReply(recorded, reply), ...warnings];
  return [
    ...differences(recorded.status, reply.status, 'status'),
    ...(recorded.body === undefined
      ? []
      : differences(recorded.body, onlyResources(normalise(reply.json)), 'body')),
    ...warnings,
  ];
};

test('admission answers as recorded', () => {
  const harnesses = new Map<string, Harness>();
  const mine = cases.filter((item) => !item.setup.startsWith('vap'));
  const result = replay(mine, (item) => {
    const harness = harnesses.get(item.setup) ?? build(item.setup);
    harnesses.set(item.setup, harness);
    return run(harness, item);
  });
  console.log(printReport('admission', result, 60));
  expect(result.percent).toBeGreaterThan(95);
});
