import { unsupportedMediaType } from '../machinery/status.ts';
import type { CoreResponse } from './contract.ts';
import type { WriteCall } from './writes.ts';

/** PATCH with an apply configuration. */
export const serveApply = (_call: WriteCall): CoreResponse => {
  throw unsupportedMediaType(['application/json-patch+json', 'application/merge-patch+json']);
};
