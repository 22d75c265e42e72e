import { base64OfBytes, bytesOfBase64 } from '../../machinery/base64.ts';
import type { Draft, KubeObject } from '../../machinery/object.ts';
import { builtin } from '../common/builtin.ts';
import { ageColumn, column, nameColumn } from '../common/columns.ts';
import { child, ensure, setZero, sizeOf } from '../common/draft.ts';
import type { Secret } from '../generated/types.ts';
import { validateSecret, validateSecretUpdate } from './secret-validation.ts';

/** Plain texts are a convenience of writers: they are stored, and shown, as data. */
const defaults = (draft: Draft): void => {
  const texts = child(draft, 'stringData');
  if (texts && sizeOf(texts) > 0) {
    const data = ensure(draft, 'data');
    for (const [key, value] of Object.entries(texts))
      data[key] = base64OfBytes(new TextEncoder().encode(String(value)));
  }
  delete draft['stringData'];
  setZero(draft, 'type', 'Opaque');
};

const hasPem = (base64: string | undefined): boolean =>
  new TextDecoder().decode(bytesOfBase64(base64 ?? '')).includes('-----BEGIN ');

/** A TLS secret should hold a key pair; here only the absence of PEM is noticed. */
const keyPairWarnings = (object: KubeObject): string[] => {
  const { type, data } = object as Secret;
  if (type !== 'kubernetes.io/tls') return [];
  if (!hasPem(data?.['tls.crt'])) return ['tls: failed to find any PEM data in certificate input'];
  return hasPem(data?.['tls.key']) ? [] : ['tls: failed to find any PEM data in key input'];
};

export const secret = builtin({
  group: '',
  version: 'v1',
  kind: 'Secret',
  resource: 'secrets',
  namespaced: true,
  defaults,
  fieldLabels: { namespace: true },
  selectableFields: { type: (object) => (object as Secret).type ?? '' },
  warnings: keyPairWarnings,
  validate: validateSecret,
  validateUpdate: validateSecretUpdate,
  columns: [
    nameColumn,
    column<Secret>('Type', 'string', (object) => object.type ?? ''),
    column<Secret>('Data', 'string', (object) => sizeOf(object.data)),
    ageColumn,
  ],
});
