/**
 * A call that does the work after the delay, however often it is called until then. Work that calls it again is done
 * again.
 */
export const onceLater = (work: () => void, delayMs: number): (() => void) => {
  let isWaiting = false;
  return () => {
    if (isWaiting) return;
    isWaiting = true;
    setTimeout(() => {
      isWaiting = false;
      work();
    }, delayMs);
  };
};
