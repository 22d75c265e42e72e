/** How long a stream may be silent, and goes on for somebody whose key was revoked. */
export const HEARTBEAT_MS = 30_000;

/** Who may go on reading a stream. */
export interface Guard {
  /** Whether the credentials that opened the stream still open it; asked with every heartbeat. */
  readonly isWelcome?: (() => Promise<boolean>) | undefined;
  /** Milliseconds between heartbeats; 30 s if absent. */
  readonly heartbeatMs?: number | undefined;
}

/** Asks again and again whether the client is still welcome, and says so once it is not. Returns how to stop asking. */
export const keepAsking = (
  { isWelcome, heartbeatMs = HEARTBEAT_MS }: Guard,
  onUnwelcome: () => void,
): (() => void) => {
  if (isWelcome === undefined) return () => undefined;
  const ask = async (): Promise<void> => {
    // Who cannot be asked is no answer: the client stays.
    if (!(await isWelcome().catch(() => true))) onUnwelcome();
  };
  const timer = setInterval(() => void ask(), heartbeatMs);
  return () => clearInterval(timer);
};
