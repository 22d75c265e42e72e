import type { Ingress, PersistentVolumeClaim } from '../../kinds/generated/types.ts';
import type { KubeObject } from '../../machinery/object.ts';
import { type AdmissionPlugin, readDraft } from '../chain.ts';

const IS_DEFAULT_STORAGE = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];
const IS_DEFAULT_INGRESS = ['ingressclass.kubernetes.io/is-default-class'];

const annotated = (object: KubeObject, keys: readonly string[]): boolean =>
  keys.some((key) => object.metadata.annotations?.[key] === 'true');

/** The class marked as default: the newest when several are, by name when of one second. */
const pickDefault = (classes: readonly KubeObject[], keys: readonly string[]): string | undefined => {
  const [first] = classes
    .filter((entry) => annotated(entry, keys))
    .sort((one, other) => {
      const younger = (other.metadata.creationTimestamp ?? '').localeCompare(
        one.metadata.creationTimestamp ?? '',
      );
      return younger !== 0 ? younger : (one.metadata.name ?? '') < (other.metadata.name ?? '') ? -1 : 1;
    });
  return first?.metadata.name;
};

/** Claims that name no storage class get the default one (plugin/pkg/admission/storage/storageclass/setdefault). */
export const defaultStorageClass: AdmissionPlugin = {
  name: 'DefaultStorageClass',
  operations: ['CREATE'],
  resources: ['persistentvolumeclaims'],
  mutate: ({ object }, { lookup }) => {
    if (object === undefined) return;
    const { metadata, spec } = readDraft<PersistentVolumeClaim>(object);
    if (metadata.annotations?.['volume.beta.kubernetes.io/storage-class'] !== undefined) return;
    if (spec?.storageClassName !== undefined) return;
    const name = pickDefault(lookup.list('storageclasses.storage.k8s.io'), IS_DEFAULT_STORAGE);
    if (name !== undefined) object['spec'] = { ...spec, storageClassName: name };
  },
};

/** Ingresses that name no class get the default one (plugin/pkg/admission/network/defaultingressclass). */
export const defaultIngressClass: AdmissionPlugin = {
  name: 'DefaultIngressClass',
  operations: ['CREATE'],
  resources: ['ingresses.networking.k8s.io'],
  mutate: ({ object }, { lookup }) => {
    if (object === undefined) return;
    const { metadata, spec } = readDraft<Ingress>(object);
    if (metadata.annotations?.['kubernetes.io/ingress.class'] !== undefined) return;
    if (spec?.ingressClassName !== undefined) return;
    const name = pickDefault(lookup.list('ingressclasses.networking.k8s.io'), IS_DEFAULT_INGRESS);
    if (name !== undefined) object['spec'] = { ...spec, ingressClassName: name };
  },
};
