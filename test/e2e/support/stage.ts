import { makeCluster } from './cluster.ts';
import { findKubectls, makeRunner, type Outcome, type Runner } from './kubectl.ts';
import { call, type ServerAddress } from './server.ts';

/** A cluster with the newest kubectl at hand and its clock under control. */
export interface Stage {
  readonly k: Runner;
  /** `kubectl apply -f -`; returns what it printed. */
  apply(yaml: string): Promise<string>;
  /** Moves the cluster's clock forward; resolves when all work on the way is done. */
  advance(seconds: number): Promise<void>;
  /** Stops the cluster's clock, so that only `advance` moves it; or lets it run again. */
  pauseClock(paused: boolean): Promise<void>;
  /** The values of a jsonpath over the items of a list. */
  column(path: string, ...args: readonly string[]): Promise<readonly string[]>;
  /** Runs and expects failure. */
  fails(...args: readonly string[]): Promise<Outcome>;
}

/** Opens a stage on a new cluster. */
export const openStage = async (
  server: ServerAddress,
  options: Readonly<Record<string, unknown>> = {},
): Promise<Stage> => {
  const cluster = await makeCluster(server, options);
  const kubectl = findKubectls().at(-1);
  if (kubectl === undefined) throw new Error('no kubectl');
  const k = makeRunner(kubectl, await cluster.kubeconfig());
  return {
    k,
    apply: async (yaml) => {
      const { code, stdout, stderr } = await k.run(['apply', '-f', '-'], { input: yaml });
      if (code !== 0) throw new Error(`apply: ${stderr}${stdout}`);
      return stdout;
    },
    advance: async (seconds) => {
      const path = `/v1/clusters/${cluster.id}/clock/advance`;
      const { status, text } = await call(server, 'POST', path, { body: { seconds } });
      if (status !== 200) throw new Error(`advance: ${status} ${text}`);
    },
    pauseClock: async (paused) => {
      const { status, text } = await call(server, 'PATCH', `/v1/clusters/${cluster.id}/clock`, {
        body: { paused },
      });
      if (status !== 200) throw new Error(`pause: ${status} ${text}`);
    },
    column: async (path, ...args) => {
      const text = await k.ok('get', ...args, '-o', `jsonpath={range .items[*]}{${path}}{"\\n"}{end}`);
      return text.split('\n').slice(0, -1);
    },
    fails: async (...args) => {
      const outcome = await k.run(args);
      if (outcome.code === 0) throw new Error(`kubectl ${args.join(' ')} succeeded:\n${outcome.stdout}`);
      return outcome;
    },
  };
};
