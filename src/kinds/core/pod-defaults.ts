/** Defaults of pods and pod templates (upstream: pkg/apis/core/v1/defaults.go, 1.36). */

import type { Draft } from '../../machinery/object.ts';
import {
  child,
  descend,
  ensure,
  isAbsent,
  items,
  setAbsent,
  setAbsents,
  setZero,
  setZeros,
  text,
} from '../common/draft.ts';
import { roundLists } from '../common/resource-list.ts';
import { defaultPullPolicy } from './image-tag.ts';
import { defaultPodRequests } from './pod-level-resources.ts';
import { defaultFieldRef, defaultVolume } from './volume-defaults.ts';

const defaultHandler = (handler: Draft | undefined): void => {
  const get = child(handler, 'httpGet');
  if (get) setZeros(get, { path: '/', scheme: 'HTTP' });
  const grpc = child(handler, 'grpc');
  if (grpc) setAbsent(grpc, 'service', '');
};

const defaultProbe = (probe: Draft): void => {
  setZeros(probe, { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 });
  defaultHandler(probe);
};

const defaultEnv = (variable: Draft): void => {
  const source = child(variable, 'valueFrom');
  if (!source) return;
  defaultFieldRef(source);
  const file = child(source, 'fileKeyRef');
  if (file) setAbsent(file, 'optional', false);
};

const defaultContainer = (container: Draft): void => {
  setZero(container, 'imagePullPolicy', defaultPullPolicy(text(container, 'image')));
  setZeros(container, {
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
  });
  roundLists(child(container, 'resources'), 'limits', 'requests');
  for (const port of items(container, 'ports')) setZero(port, 'protocol', 'TCP');
  items(container, 'env').forEach(defaultEnv);
  for (const field of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    const probe = child(container, field);
    if (probe) defaultProbe(probe);
  }
  const lifecycle = child(container, 'lifecycle');
  // The feature gate of stop signals is off by default: the field is dropped.
  delete lifecycle?.['stopSignal'];
  defaultHandler(child(lifecycle, 'postStart'));
  defaultHandler(child(lifecycle, 'preStop'));
};

/** The two names of a pod's service account stand for one field: the newer one wins. */
const joinServiceAccount = (spec: Draft): void => {
  const name = text(spec, 'serviceAccountName') || text(spec, 'serviceAccount');
  if (name === '') {
    delete spec['serviceAccountName'];
    delete spec['serviceAccount'];
    return;
  }
  spec['serviceAccountName'] = name;
  spec['serviceAccount'] = name;
};

/** Defaults that pods and templates share. */
export const defaultPodSpec = (spec: Draft): void => {
  setZeros(spec, {
    dnsPolicy: 'ClusterFirst',
    restartPolicy: 'Always',
    schedulerName: 'default-scheduler',
  });
  setAbsents(spec, { securityContext: {}, terminationGracePeriodSeconds: 30 });
  joinServiceAccount(spec);
  roundLists(spec, 'overhead');
  roundLists(child(spec, 'resources'), 'limits', 'requests');
  items(spec, 'volumes').forEach(defaultVolume);
  for (const field of ['initContainers', 'containers', 'ephemeralContainers']) {
    items(spec, field).forEach(defaultContainer);
  }
};

/** A pod template; absent ones stay absent. */
export const defaultPodTemplate = (template: Draft | undefined): void => {
  if (template) defaultPodSpec(ensure(template, 'spec'));
};

const requestsFromLimits = (container: Draft): void => {
  const limits = descend(container, 'resources', 'limits');
  if (limits) setAbsents(ensure(ensure(container, 'resources'), 'requests'), limits);
};

const portsOnHost = (container: Draft): void => {
  for (const port of items(container, 'ports')) setZero(port, 'hostPort', port['containerPort']);
};

/**
 * A pod's single address and the list say the same: either fills in the other, and where they differ the single one is
 * right (conversion of PodStatus, kept for old kubelets). A host's addresses are left as they are given.
 */
const agreeOnAddresses = (status: Draft): void => {
  const [first] = items(status, 'podIPs');
  const address = status['podIP'];
  if (typeof address === 'string' && address !== '') {
    if (first?.['ip'] !== address) status['podIPs'] = [{ ip: address }];
  } else if (first !== undefined) status['podIP'] = first['ip'];
};

/** What is filled in of a pod's status. */
export const defaultPodStatus = (draft: Draft): void => {
  const status = child(draft, 'status');
  if (status !== undefined) agreeOnAddresses(status);
};

/** A pod itself: requests follow limits, service links are on, host ports follow on the host network. */
export const defaultPod = (draft: Draft): void => {
  const spec = ensure(draft, 'spec');
  const containers = [...items(spec, 'containers'), ...items(spec, 'initContainers')];
  containers.forEach(requestsFromLimits);
  if (!isAbsent(spec, 'resources')) defaultPodRequests(spec);
  setAbsent(spec, 'enableServiceLinks', true);
  if (spec['hostNetwork'] === true) containers.forEach(portsOnHost);
  defaultPodSpec(spec);
  defaultPodStatus(draft);
};
