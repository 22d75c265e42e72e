import { sha256 } from '../../machinery/sha256.ts';

/**
 * The hash discovery shows for a stored kind: the first eight bytes of SHA-256 over `group/version/kind` of the
 * stored encoding, in base64 (apiserver `discovery.StorageVersionHash`, release 1.36).
 */
export const storageVersionHash = (group: string, version: string, kind: string): string =>
  btoa(String.fromCharCode(...sha256(`${group}/${version}/${kind}`).subarray(0, 8)));
