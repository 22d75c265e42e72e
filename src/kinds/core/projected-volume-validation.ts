/** Rules of projected and downward API volumes (pkg/apis/core/validation, 1.36). */

import { forbiddenField, invalidValue, notSupported, required } from '../../machinery/field-error.ts';
import { dns1123Subdomain } from '../../machinery/name-rules.ts';
import { checkEach, checkPresent, checkQualifiedName, checkRule, type Errors } from '../common/checks.ts';
import { internalForm } from '../common/internal-form.ts';
import { checkLabelSelector, selectorValue } from '../common/label-selector-validation.ts';
import { checkSignerName } from '../common/signer-name-validation.ts';
import type {
  ClusterTrustBundleProjection,
  DownwardAPIVolumeFile,
  DownwardAPIVolumeSource,
  KeyToPath,
  PodCertificateProjection,
  ProjectedVolumeSource,
  ServiceAccountTokenProjection,
  VolumeProjection,
} from '../generated/types.ts';
import { checkFileMode, checkUnreservedPath } from './path-checks.ts';
import { checkFieldRef, checkResourceRef, FILE_FIELDS } from './reference-checks.ts';

/** A key of a Secret or ConfigMap and the file it becomes. */
export const checkKeyToPath = (errors: Errors, path: string, item: KeyToPath): void => {
  const { key, path: file = '', mode } = item as Partial<KeyToPath>;
  checkPresent(errors, `${path}.key`, key);
  checkPresent(errors, `${path}.path`, file);
  checkUnreservedPath(errors, `${path}.path`, file);
  checkFileMode(errors, `${path}.mode`, mode);
};

const checkDownwardFile = (errors: Errors, path: string, item: DownwardAPIVolumeFile): void => {
  const { path: file = '', fieldRef, resourceFieldRef, mode } = item as Partial<DownwardAPIVolumeFile>;
  checkPresent(errors, `${path}.path`, file);
  checkUnreservedPath(errors, `${path}.path`, file);
  if (fieldRef) {
    checkFieldRef(errors, `${path}.fieldRef`, fieldRef, FILE_FIELDS);
    if (resourceFieldRef) {
      const detail = 'fieldRef and resourceFieldRef can not be specified simultaneously';
      errors.push(invalidValue(path, 'resource', detail));
    }
  } else if (resourceFieldRef) checkResourceRef(errors, `${path}.resourceFieldRef`, resourceFieldRef, true);
  else errors.push(required(path, 'one of fieldRef and resourceFieldRef is required'));
  checkFileMode(errors, `${path}.mode`, mode);
};

/** A downward API volume; upstream tells all of its files at the volume's own path. */
export const checkDownwardVolume = (errors: Errors, path: string, source: DownwardAPIVolumeSource): void => {
  checkFileMode(errors, `${path}.defaultMode`, source.defaultMode);
  for (const item of source.items ?? []) checkDownwardFile(errors, path, item);
};

/** Files of a projected volume that are taken already. */
class Files {
  private readonly taken = new Set<string>();
  private readonly errors: Errors;
  private readonly path: string;

  constructor(errors: Errors, path: string) {
    this.errors = errors;
    this.path = path;
  }

  /** Takes a file; one that is taken is told with `shown`. */
  take(file: string, shown: string = file): void {
    if (this.taken.has(file)) this.errors.push(invalidValue(this.path, shown, 'conflicting duplicate paths'));
    else this.taken.add(file);
  }
}

interface Keys {
  readonly name?: string;
  readonly items?: readonly KeyToPath[];
}

const checkKeys = (errors: Errors, path: string, source: Keys, files: Files): void => {
  const { name = '' } = source;
  checkPresent(errors, `${path}.name`, name);
  checkEach(errors, `${path}.items`, source.items, (found, at, item) => {
    checkKeyToPath(found, at, item);
    if (item.path) files.take(item.path, name);
  });
};

const MIN_TOKEN_SECONDS = 600;

const checkToken = (
  errors: Errors,
  path: string,
  at: string,
  source: ServiceAccountTokenProjection,
): void => {
  const { expirationSeconds: seconds = 0, path: file } = source;
  if (seconds < MIN_TOKEN_SECONDS) {
    errors.push(
      invalidValue(`${at}.expirationSeconds`, seconds, 'may not specify a duration less than 10 minutes'),
    );
  }
  if (seconds > 2 ** 32) {
    const detail = 'may not specify a duration larger than 2^32 seconds';
    errors.push(invalidValue(`${at}.expirationSeconds`, seconds, detail));
  }
  // Upstream leaves the source out of the path here.
  if (checkPresent(errors, `${path}.path`, file)) checkUnreservedPath(errors, `${path}.path`, file);
};

const bundleNameMessages = (name: string): string[] => {
  const parts = name.split(':');
  if (parts.length === 1) return dns1123Subdomain(name);
  return dns1123Subdomain(parts[parts.length - 1] ?? '');
};

const checkBundle = (
  errors: Errors,
  path: string,
  source: ClusterTrustBundleProjection,
  files: Files,
): void => {
  const { name, signerName, labelSelector, path: file = '' } = source;
  if (name !== undefined && signerName !== undefined) {
    const shown = internalForm('ClusterTrustBundleProjection', source);
    errors.push(invalidValue(path, shown, 'only one of name and signerName may be used'));
  } else if (name !== undefined) {
    checkPresent(errors, `${path}.name`, name, 'must be a valid object name');
    const messages = bundleNameMessages(name).map((text) => `not a valid clustertrustbundlename: ${text}`);
    checkRule(errors, `${path}.name`, name, messages);
    if (labelSelector !== undefined) {
      const detail = 'labelSelector must be unset if name is specified';
      errors.push(invalidValue(`${path}.labelSelector`, selectorValue(labelSelector), detail));
    }
  } else if (signerName !== undefined) {
    checkPresent(errors, `${path}.signerName`, signerName, 'must be a valid signer name');
    checkSignerName(errors, `${path}.signerName`, signerName);
    checkLabelSelector(errors, `${path}.labelSelector`, labelSelector);
  } else errors.push(required(path, 'either name or signerName must be specified'));
  checkPresent(errors, `${path}.path`, file);
  checkUnreservedPath(errors, `${path}.path`, file);
  files.take(file);
};

const KEY_TYPES = ['RSA3072', 'RSA4096', 'ECDSAP256', 'ECDSAP384', 'ECDSAP521', 'ED25519'];
const CERTIFICATE_PATHS = ['credentialBundlePath', 'keyPath', 'certificateChainPath'] as const;
const MAX_CERTIFICATE_SECONDS = 91 * 86400;
const MAX_KUBERNETES_CERTIFICATE_SECONDS = 86400;

const checkCertificateSeconds = (errors: Errors, path: string, seconds: number, signer: string): void => {
  if (seconds < 3600) {
    errors.push(invalidValue(path, seconds, 'if provided, maxExpirationSeconds must be >= 3600'));
  }
  const own = /^([^/]+\.)?kubernetes\.io\//.test(signer);
  const limit = own ? MAX_KUBERNETES_CERTIFICATE_SECONDS : MAX_CERTIFICATE_SECONDS;
  if (seconds > limit) {
    errors.push(invalidValue(path, seconds, `if provided, maxExpirationSeconds must be <= ${limit}`));
  }
};

const checkCertificate = (
  errors: Errors,
  path: string,
  source: PodCertificateProjection,
  files: Files,
): void => {
  const {
    signerName = '',
    keyType = '',
    maxExpirationSeconds: seconds,
  } = source as Partial<PodCertificateProjection>;
  checkSignerName(errors, `${path}.signerName`, signerName);
  for (const key of Object.keys(source.userAnnotations ?? {}).sort()) {
    checkQualifiedName(errors, `${path}.userAnnotations`, key);
  }
  if (!KEY_TYPES.includes(keyType)) errors.push(notSupported(`${path}.keyType`, keyType, KEY_TYPES));
  if (seconds !== undefined) {
    checkCertificateSeconds(errors, `${path}.maxExpirationSeconds`, seconds, signerName);
  }
  let count = 0;
  for (const field of CERTIFICATE_PATHS) {
    const file = source[field];
    if (!file) continue;
    count += 1;
    checkUnreservedPath(errors, `${path}.${field}`, file);
    files.take(file);
  }
  if (count === 0) {
    errors.push(
      required(path, 'specify at least one of credentialBundlePath, keyPath, and certificateChainPath'),
    );
  }
};

const checkSource = (
  errors: Errors,
  path: string,
  at: string,
  source: VolumeProjection,
  files: Files,
): void => {
  const { secret, configMap, downwardAPI, serviceAccountToken, clusterTrustBundle, podCertificate } = source;
  let count = 0;
  if (secret && ++count) checkKeys(errors, `${at}.secret`, secret, files);
  if (configMap && ++count) checkKeys(errors, `${at}.configMap`, configMap, files);
  if (downwardAPI && ++count) {
    for (const item of downwardAPI.items ?? []) {
      checkDownwardFile(errors, `${at}.downwardAPI`, item);
      if (item.path) files.take(item.path);
    }
  }
  if (serviceAccountToken && ++count)
    checkToken(errors, path, `${at}.serviceAccountToken`, serviceAccountToken);
  if (clusterTrustBundle && ++count)
    checkBundle(errors, `${at}.clusterTrustBundle`, clusterTrustBundle, files);
  if (podCertificate && ++count) checkCertificate(errors, `${at}.podCertificate`, podCertificate, files);
  if (count > 1) errors.push(forbiddenField(at, 'may not specify more than 1 volume type per source'));
};

/** A projected volume. */
export const checkProjectedVolume = (errors: Errors, path: string, volume: ProjectedVolumeSource): void => {
  checkFileMode(errors, `${path}.defaultMode`, volume.defaultMode);
  const files = new Files(errors, path);
  checkEach(errors, `${path}.sources`, volume.sources, (found, at, source) =>
    checkSource(found, path, at, source, files),
  );
};
