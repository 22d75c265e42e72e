import type { CoreRequest, CoreResponse, CoreWatch, Drained, Subscription } from '../../src/api/contract.ts';
import type { Cluster, ClusterPorts, ClusterSettings, TurnEnd } from '../../src/cluster/contract.ts';
import { notFound, StatusError } from '../../src/machinery/status.ts';

/** A stand-in behind the cluster contract: stores what is posted, lists, watches. To go when the core is there. */
const json = (status: number, value: unknown): CoreResponse => ({
  kind: 'response',
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});

const make = ({ sql }: ClusterPorts): Cluster => {
  const revision = (): number => Number(sql.all('select coalesce(max(rev), 0) as rev from stub')[0]?.['rev']);
  const end = (): TurnEnd => ({ revision: revision(), nextDue: undefined, unfinished: false });
  const drain = (subscription: Subscription): Drained => {
    const rows = sql.all('select rev, value from stub where rev > ? order by rev', subscription.cursor);
    const frames = rows.map((row) => `{"type":"ADDED","object":${row['value']}}\n`);
    return { frames, subscription: { ...subscription, cursor: revision() }, ended: false };
  };
  const serve = (request: CoreRequest): CoreResponse | CoreWatch => {
    const { method, path, query } = request;
    if (path === '/whoami') return json(200, { ...request.identity, claims: request.claims });
    if (method === 'POST') {
      const body = JSON.parse(new TextDecoder().decode(request.body)) as { metadata: { name: string } };
      const rev = revision() + 1;
      const value = JSON.stringify({ ...body, metadata: { ...body.metadata, resourceVersion: `${rev}` } });
      sql.run('insert into stub (rev, name, value) values (?, ?, ?)', rev, body.metadata.name, value);
      return { ...json(201, {}), body: value };
    }
    if (query.includes('watch=')) {
      const subscription: Subscription = {
        group: '',
        version: 'v1',
        resource: 'configmaps',
        namespace: '',
        form: 'object',
        encoding: 'json',
        bookmarks: false,
        cursor: 0,
      };
      const headers = { 'content-type': 'application/json' };
      const timeoutSeconds = Number(new URLSearchParams(query).get('timeoutSeconds') ?? 3600);
      return { kind: 'watch', headers, ...drain(subscription), timeoutSeconds };
    }
    const name = path.split('/').at(-1) ?? '';
    const [row] = sql.all('select value from stub where name = ?', name);
    if (row === undefined) throw notFound({ group: '', resource: 'configmaps' }, name);
    return { ...json(200, {}), body: String(row['value']) };
  };
  return {
    handle: (request) => {
      try {
        return serve(request);
      } catch (error) {
        if (error instanceof StatusError) return json(error.status.code, error.status);
        throw error;
      }
    },
    tick: end,
    end,
    drain,
  };
};

export const createCluster = (ports: ClusterPorts, _settings: ClusterSettings, _now: number): Cluster => {
  ports.sql.run('create table stub (rev integer primary key, name text, value text)');
  return make(ports);
};

export const openCluster = (ports: ClusterPorts, _now: number): Cluster | undefined =>
  ports.sql.all("select name from sqlite_master where name = 'stub'").length === 0 ? undefined : make(ports);
