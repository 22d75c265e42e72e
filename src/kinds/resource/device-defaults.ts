/** Defaults of device requests (upstream: pkg/apis/resource/v1/defaults.go, 1.36). */

import type { Draft } from '../../machinery/object.ts';
import { child, descend, items, setZero } from '../common/draft.ts';

const defaultRequest = (request: Draft): void => {
  setZero(request, 'allocationMode', 'ExactCount');
  if (request['allocationMode'] === 'ExactCount') setZero(request, 'count', 1);
  defaultTolerations(request);
};

const defaultTolerations = (request: Draft): void => {
  for (const toleration of items(request, 'tolerations')) setZero(toleration, 'operator', 'Equal');
};

/** A claim's spec, in a claim or in a template of one. */
export const defaultDeviceClaim = (spec: Draft | undefined): void => {
  for (const request of items(descend(spec, 'devices'), 'requests')) {
    const exactly = child(request, 'exactly');
    if (exactly) defaultRequest(exactly);
    items(request, 'firstAvailable').forEach(defaultRequest);
  }
};
