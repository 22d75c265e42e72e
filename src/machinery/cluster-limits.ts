/**
 * What one cluster may use. The platform sets it from its owner's plan; the cluster keeps it in its own database and
 * holds itself to it. An absent field is no limit.
 */
export interface ClusterLimits {
  /** Live objects of every kind, the system's own included. */
  readonly objects?: number;
  readonly pods?: number;
  /** Nodes, the control plane's included. */
  readonly nodes?: number;
  /** Bytes of all live objects as they are stored. History is bounded apart from this, by `storageBytes`. */
  readonly bytes?: number;
  /** Size of the whole database with history, audit and indexes. */
  readonly storageBytes?: number;
  /** Bytes of audit events that are kept; older ones make room. */
  readonly auditBytes?: number;
  /** Open watches. */
  readonly watches?: number;
  /** Requests a second in the long run, and how many may come at once. */
  readonly requestsPerSecond?: number;
  readonly requestBurst?: number;
  /**
   * Units of work a minute: one for each request, for each write, for each reconcile and for every 64 KiB answered.
   * It stands for processor time, which the platform does not let us measure.
   */
  readonly workPerMinute?: number;
}
