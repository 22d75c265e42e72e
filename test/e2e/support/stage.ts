import { expect } from 'vitest';
import { makeCluster } from './cluster.ts';
import { findKubectls, type Kubectl, makeRunner, type Outcome, type Runner } from './kubectl.ts';
import { call, type ServerAddress } from './server.ts';

/** A cluster with a kubectl and its clock under control. */
export interface Stage {
  readonly k: Runner;
  /** `kubectl apply -f -`; returns what it printed. */
  apply(yaml: string): Promise<string>;
  /** The cluster's time, RFC 3339. */
  now(): Promise<string>;
  /** Moves the cluster's clock forward; resolves when all work on the way is done. */
  advance(seconds: number): Promise<void>;
  /**
   * Stops the cluster's clock at a whole second, so that only `advance` moves it; or lets it run again. Objects keep
   * whole seconds, so what is counted from them would else depend on the fraction at which the clock was stopped.
   */
  pauseClock(paused: boolean): Promise<void>;
  /**
   * What `rollout status` prints of a change, from its very beginning on: the clock stands until kubectl has said that
   * it waits. The clock runs afterwards.
   */
  tellRollout(what: string, change: readonly string[]): Promise<string>;
  /** The values of a jsonpath over the items of a list. */
  column(path: string, ...args: readonly string[]): Promise<readonly string[]>;
  /** Runs and expects failure. */
  fails(...args: readonly string[]): Promise<Outcome>;
}

/** A whole second after `instant`; both are RFC 3339. Answers leave the fraction of their instants out. */
const wholeSecondAfter = (instant: string): string =>
  new Date((Math.floor(Date.parse(instant) / 1000) + 1) * 1000).toISOString();

/** Opens a stage on a new cluster, with the newest kubectl at hand unless another is given. */
export const openStage = async (
  server: ServerAddress,
  options: Readonly<Record<string, unknown>> = {},
  kubectl: Kubectl | undefined = findKubectls().at(-1),
): Promise<Stage> => {
  const cluster = await makeCluster(server, options);
  if (kubectl === undefined) throw new Error('no kubectl');
  const k = makeRunner(kubectl, await cluster.kubeconfig());
  const move = async (body: { readonly seconds: number } | { readonly until: string }): Promise<void> => {
    const { status, text } = await call(server, 'POST', `/v1/clusters/${cluster.id}/clock/advance`, { body });
    if (status !== 200) throw new Error(`advance: ${status} ${text}`);
  };
  const pauseClock = async (paused: boolean): Promise<void> => {
    const { status, text } = await call(server, 'PATCH', `/v1/clusters/${cluster.id}/clock`, {
      body: { paused },
    });
    if (status !== 200) throw new Error(`pause: ${status} ${text}`);
    if (paused) await move({ until: wholeSecondAfter(JSON.parse(text).now) });
  };
  return {
    k,
    pauseClock,
    tellRollout: async (what, change) => {
      await pauseClock(true);
      await k.ok(...change);
      const told = k.start('rollout', 'status', what, '--timeout=60s');
      await expect.poll(() => told.output()).toContain('Waiting for ');
      await pauseClock(false);
      const { code, stdout, stderr } = await told.ended;
      if (code !== 0) throw new Error(`rollout status ended with ${code}:\n${stderr}${stdout}`);
      return stdout;
    },
    apply: async (yaml) => {
      const { code, stdout, stderr } = await k.run(['apply', '-f', '-'], { input: yaml });
      if (code !== 0) throw new Error(`apply: ${stderr}${stdout}`);
      return stdout;
    },
    now: async () =>
      (await call(server, 'GET', `/v1/clusters/${cluster.id}/clock`)).json<{ now: string }>().now,
    advance: (seconds) => move({ seconds }),
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
