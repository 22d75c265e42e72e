import { expect, test } from 'vitest';
import { Harness } from '../../test/support/harness.ts';

const scrape = (harness: Harness): ReadonlyMap<string, number> =>
  new Map(
    harness
      .request('GET', '/metrics')
      .body.split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const space = line.lastIndexOf(' ');
        return [line.slice(0, space), Number(line.slice(space + 1))];
      }),
  );

const total = (labels: string): string => `apiserver_request_total{${labels}}`;

test('requests are counted by what they asked for', () => {
  const harness = new Harness({ settings: { nodes: [] }, actors: [] });
  harness.request('GET', '/api/v1/pods');
  harness.request('GET', '/api/v1/pods');
  harness.request('GET', '/api/v1/namespaces/default/pods/x');
  harness.request('GET', '/apis/nothing.example.com/v1/things');
  const url = '/apis/apps/v1/namespaces/default/deployments/x?fieldManager=a&dryRun=All';
  harness.request('PATCH', url, { body: '{}', headers: { 'content-type': 'application/apply-patch+yaml' } });
  const series = scrape(harness);
  const core = 'component="apiserver",dry_run="",group="",resource="pods"';
  expect(
    series.get(total(`code="200",${core},scope="cluster",subresource="",verb="LIST",version="v1"`)),
  ).toBe(2);
  expect(
    series.get(total(`code="404",${core},scope="resource",subresource="",verb="GET",version="v1"`)),
  ).toBe(1);
  expect(
    series.get(
      total(
        'code="400",component="apiserver",dry_run="All",group="apps",resource="deployments",scope="resource",subresource="",verb="APPLY",version="v1"',
      ),
    ),
  ).toBe(1);
  expect(
    series.get(
      total(
        'code="404",component="apiserver",dry_run="",group="",resource="",scope="",subresource="",verb="LIST",version=""',
      ),
    ),
  ).toBe(1);
});

test('objects are counted, in both series', () => {
  const harness = new Harness({ actors: [] });
  const series = scrape(harness);
  expect(series.get('apiserver_storage_objects{resource="nodes"}')).toBe(
    series.get('apiserver_resource_objects{group="",resource="nodes"}'),
  );
  expect(series.get('apiserver_storage_objects{resource="namespaces"}')).toBeGreaterThan(0);
});
