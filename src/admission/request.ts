/** The one seam between the registry and admission: what plugins see of a write. */

export type { AdmissionOperation, AdmissionRequest } from '../registry/contract.ts';
