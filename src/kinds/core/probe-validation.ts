/** Rules of probes and lifecycle handlers (pkg/apis/core/validation, 1.36). */

import { forbiddenField, invalidValue, required } from '../../machinery/field-error.ts';
import { httpHeaderName } from '../../machinery/name-rules.ts';
import {
  checkNonNegative,
  checkOneOf,
  checkPort,
  checkPresent,
  checkRule,
  type Errors,
} from '../common/checks.ts';
import type {
  ExecAction,
  GRPCAction,
  HTTPGetAction,
  Lifecycle,
  Probe,
  SleepAction,
  TCPSocketAction,
} from '../generated/types.ts';

interface Handler {
  readonly exec?: ExecAction;
  readonly httpGet?: HTTPGetAction;
  readonly tcpSocket?: TCPSocketAction;
  readonly grpc?: GRPCAction;
  readonly sleep?: SleepAction;
}

const SCHEMES = ['HTTP', 'HTTPS'];

const checkHttpGet = (errors: Errors, path: string, action: HTTPGetAction): void => {
  checkPresent(errors, `${path}.path`, action.path);
  checkPort(errors, `${path}.port`, action.port);
  checkOneOf(errors, `${path}.scheme`, action.scheme, SCHEMES);
  for (const { name = '' } of action.httpHeaders ?? []) {
    checkRule(errors, `${path}.httpHeaders`, name, httpHeaderName(name));
  }
};

const checkExec = (errors: Errors, path: string, action: ExecAction): void => {
  if ((action.command ?? []).length === 0) errors.push(required(`${path}.command`));
};

const checkSleep = (errors: Errors, path: string, action: SleepAction, grace: number | undefined): void => {
  const { seconds = 0 } = action as Partial<SleepAction>;
  if (grace === undefined || (seconds >= 0 && seconds <= grace)) return;
  const detail = `must be non-negative and less than terminationGracePeriodSeconds (${grace})`;
  errors.push(invalidValue(path, seconds, detail));
};

const actions: readonly (readonly [
  keyof Handler,
  (errors: Errors, path: string, handler: Handler, grace: number | undefined) => void,
])[] = [
  ['exec', (errors, path, { exec }) => exec && checkExec(errors, path, exec)],
  ['httpGet', (errors, path, { httpGet }) => httpGet && checkHttpGet(errors, path, httpGet)],
  [
    'tcpSocket',
    (errors, path, { tcpSocket }) => tcpSocket && checkPort(errors, `${path}.port`, tcpSocket.port),
  ],
  ['grpc', (errors, path, { grpc }) => grpc && checkPort(errors, `${path}.port`, grpc.port)],
  ['sleep', (errors, path, { sleep }, grace) => sleep && checkSleep(errors, path, sleep, grace)],
];

const checkHandler = (errors: Errors, path: string, handler: Handler, grace: number | undefined): void => {
  let found = false;
  for (const [name, check] of actions) {
    if (!handler[name]) continue;
    if (found) errors.push(forbiddenField(`${path}.${name}`, 'may not specify more than 1 handler type'));
    else check(errors, `${path}.${name}`, handler, grace);
    found = true;
  }
  if (!found) errors.push(required(path, 'must specify a handler type'));
};

const checkProbe = (errors: Errors, path: string, probe: Probe, grace: number | undefined): void => {
  checkHandler(errors, path, probe, grace);
  checkNonNegative(errors, `${path}.initialDelaySeconds`, probe.initialDelaySeconds);
  checkNonNegative(errors, `${path}.timeoutSeconds`, probe.timeoutSeconds);
  checkNonNegative(errors, `${path}.periodSeconds`, probe.periodSeconds);
  checkNonNegative(errors, `${path}.successThreshold`, probe.successThreshold);
  checkNonNegative(errors, `${path}.failureThreshold`, probe.failureThreshold);
  const { terminationGracePeriodSeconds: own } = probe;
  if (own !== undefined && own <= 0) {
    errors.push(invalidValue(`${path}.terminationGracePeriodSeconds`, own, 'must be greater than 0'));
  }
};

const checkOneSuccess = (errors: Errors, path: string, probe: Probe): void => {
  const { successThreshold = 0 } = probe;
  if (successThreshold !== 1)
    errors.push(invalidValue(`${path}.successThreshold`, successThreshold, 'must be 1'));
};

interface Probed {
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
  readonly startupProbe?: Probe;
}

/** The three probes of a container; `grace` is the pod's grace period. */
export const checkProbes = (
  errors: Errors,
  path: string,
  container: Probed,
  grace: number | undefined,
): void => {
  const { livenessProbe, readinessProbe, startupProbe } = container;
  if (livenessProbe) {
    checkProbe(errors, `${path}.livenessProbe`, livenessProbe, grace);
    checkOneSuccess(errors, `${path}.livenessProbe`, livenessProbe);
  }
  if (readinessProbe) {
    checkProbe(errors, `${path}.readinessProbe`, readinessProbe, grace);
    const { terminationGracePeriodSeconds: own } = readinessProbe;
    if (own !== undefined) {
      const at = `${path}.readinessProbe.terminationGracePeriodSeconds`;
      errors.push(invalidValue(at, own, 'must not be set for readinessProbes'));
    }
  }
  if (startupProbe) {
    checkProbe(errors, `${path}.startupProbe`, startupProbe, grace);
    checkOneSuccess(errors, `${path}.startupProbe`, startupProbe);
  }
};

/** Handlers of a container's start and end (stop signals are behind a feature that is off in 1.36). */
export const checkLifecycle = (
  errors: Errors,
  path: string,
  lifecycle: Lifecycle | undefined,
  grace: number | undefined,
): void => {
  if (lifecycle === undefined) return;
  const { postStart, preStop } = lifecycle;
  if (postStart) checkHandler(errors, `${path}.postStart`, postStart, grace);
  if (preStop) checkHandler(errors, `${path}.preStop`, preStop, grace);
};
