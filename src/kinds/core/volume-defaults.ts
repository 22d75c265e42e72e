/** Defaults of volumes (upstream: pkg/apis/core/v1/defaults.go and +default markers of core/v1, 1.36). */

import type { Draft } from '../../machinery/object.ts';
import { child, ensure, items, setAbsent, setAbsents, setZero, setZeros, text } from '../common/draft.ts';
import { defaultPullPolicy } from './image-tag.ts';
import { defaultClaimSpec } from './persistentvolumeclaim.ts';

const FILE_MODE = 0o644;

/** A reference to a field of the pod: its API version. */
export const defaultFieldRef = (holder: Draft): void => {
  const reference = child(holder, 'fieldRef');
  if (reference) setZero(reference, 'apiVersion', 'v1');
};

const defaultProjected = (source: Draft): void => {
  setAbsent(source, 'defaultMode', FILE_MODE);
  for (const projection of items(source, 'sources')) {
    const token = child(projection, 'serviceAccountToken');
    if (token) setAbsent(token, 'expirationSeconds', 3600);
    items(child(projection, 'downwardAPI'), 'items').forEach(defaultFieldRef);
    // The feature gate of these sources is off by default: the field is dropped.
    delete projection['clusterTrustBundle'];
    delete projection['podCertificate'];
  }
};

/** What to do to each kind of volume source, by its field. */
const SOURCES: Readonly<Record<string, (source: Draft) => void>> = {
  secret: (source) => setAbsent(source, 'defaultMode', FILE_MODE),
  configMap: (source) => setAbsent(source, 'defaultMode', FILE_MODE),
  downwardAPI: (source) => {
    setAbsent(source, 'defaultMode', FILE_MODE);
    items(source, 'items').forEach(defaultFieldRef);
  },
  projected: defaultProjected,
  hostPath: (source) => setAbsent(source, 'type', ''),
  iscsi: (source) => setZeros(source, { iscsiInterface: 'default' }),
  rbd: (source) => setZeros(source, { pool: 'rbd', user: 'admin', keyring: '/etc/ceph/keyring' }),
  azureDisk: (source) =>
    setAbsents(source, { cachingMode: 'ReadWrite', kind: 'Shared', fsType: 'ext4', readOnly: false }),
  scaleIO: (source) => setZeros(source, { storageMode: 'ThinProvisioned', fsType: 'xfs' }),
  ephemeral: (source) => {
    const template = child(source, 'volumeClaimTemplate');
    if (template) defaultClaimSpec(ensure(template, 'spec'));
  },
  image: (source) => setZero(source, 'pullPolicy', defaultPullPolicy(text(source, 'reference'))),
};

/** Fills one source of a pod's or a persistent volume; sources without defaults are left alone. */
export const defaultSources = (holder: Draft): void => {
  for (const [field, apply] of Object.entries(SOURCES)) {
    const source = child(holder, field);
    if (source) apply(source);
  }
};

/** A volume of a pod: an empty directory when it names no source at all. */
export const defaultVolume = (volume: Draft): void => {
  const named = Object.keys(volume).some((field) => field !== 'name' && child(volume, field) !== undefined);
  if (!named) volume['emptyDir'] = {};
  defaultSources(volume);
};
