/**
 * Milliseconds of processor time that some work took in this thread: what else runs on the machine does not count, as
 * it would by the clock on the wall.
 */
export const cpuTimeOf = (work: () => unknown): number => {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
};
