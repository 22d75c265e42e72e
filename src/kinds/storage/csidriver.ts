import type { Draft, KubeObject } from '../../machinery/object.ts';
import { builtin } from '../common/builtin.ts';
import { ageColumn, column, nameColumn } from '../common/columns.ts';
import { ensure, setAbsents, sizeOf } from '../common/draft.ts';
import type { CSIDriver, CSIDriverSpec } from '../generated/types.ts';
import { validateCsiDriver, validateCsiDriverUpdate } from './csidriver-validation.ts';

const defaults = (draft: Draft): void => {
  const spec = ensure(draft, 'spec');
  setAbsents(spec, {
    attachRequired: true,
    podInfoOnMount: false,
    storageCapacity: false,
    fsGroupPolicy: 'ReadWriteOnceWithFSType',
    requiresRepublish: false,
    seLinuxMount: false,
  });
  if (sizeOf(spec['volumeLifecycleModes']) === 0) spec['volumeLifecycleModes'] = ['Persistent'];
};

const flag = (name: string, field: keyof CSIDriverSpec, absent: boolean) =>
  column<CSIDriver>(name, 'boolean', (object) => Boolean(object.spec?.[field] ?? absent));

const tokenWarnings = (object: KubeObject): string[] => {
  const { spec } = object as CSIDriver;
  if ((spec?.tokenRequests?.length ?? 0) === 0 || spec?.serviceAccountTokenInSecrets !== undefined) return [];
  const text =
    'if supported by this CSI driver, set to true to prevent possible logging of tokens in volume attributes';
  return [`spec.serviceAccountTokenInSecrets is unset; ${text}`];
};

export const csiDriver = builtin({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'CSIDriver',
  resource: 'csidrivers',
  namespaced: false,
  unconditionalUpdate: false,
  defaults,
  warnings: tokenWarnings,
  validate: validateCsiDriver,
  validateUpdate: validateCsiDriverUpdate,
  columns: [
    nameColumn,
    flag('AttachRequired', 'attachRequired', true),
    flag('PodInfoOnMount', 'podInfoOnMount', false),
    flag('StorageCapacity', 'storageCapacity', false),
    column<CSIDriver>(
      'TokenRequests',
      'string',
      (object) => object.spec?.tokenRequests?.map((request) => request.audience).join(',') ?? '<unset>',
    ),
    flag('RequiresRepublish', 'requiresRepublish', false),
    column<CSIDriver>(
      'Modes',
      'string',
      (object) => object.spec?.volumeLifecycleModes?.join(',') || '<none>',
    ),
    ageColumn,
  ],
});
