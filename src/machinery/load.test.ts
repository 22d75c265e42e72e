import { describe, expect, it } from 'vitest';
import { appetiteOf, demandOf, requestLoopOf } from './load.ts';

const shell = (script: string) => ({ image: 'busybox', command: ['/bin/sh', '-c', script] });

describe('a container that asks others in a loop', () => {
  it.each([
    ['while sleep 0.01; do wget -q -O- http://php-apache; done', 'php-apache', 1, 10],
    [
      'while true; do curl -s web.shop.svc.cluster.local:8080/x; sleep 1; done',
      'web.shop.svc.cluster.local',
      1,
      1000,
    ],
    ['while true; do wget -qO- http://a & wget -qO- http://a & wait; done', 'a', 2, 0],
    ['for i in $(seq 1 100); do curl http://$WEB_SERVICE_HOST; done', '$WEB_SERVICE_HOST', 1, 0],
    ['hey -z 5m -c 50 http://web', 'web', 50, 0],
  ])('%s', (script, host, clients, pauseMs) => {
    expect(requestLoopOf(shell(script))).toEqual({ host, clients, pauseMs });
  });

  it.each(['wget -qO- http://web', 'while true; do date; sleep 1; done', 'sleep 3600', ''])(
    'is not one that runs %s',
    (script) => {
      expect(requestLoopOf(shell(script))).toBeUndefined();
    },
  );
});

describe('demand', () => {
  const loop = { host: 'web', clients: 1, pauseMs: 10 };

  it('of one client of the documentation keeps php-apache 61 % busy', () => {
    expect(Math.floor(demandOf(loop, 40))).toBe(615);
  });

  it('never exceeds one core for each client, and grows with them', () => {
    expect(demandOf({ ...loop, pauseMs: 0 }, 1e6)).toBeLessThanOrEqual(1000);
    expect(demandOf({ ...loop, clients: 3 }, 40)).toBeCloseTo(3 * demandOf(loop, 40));
  });
});

describe('appetite', () => {
  const MIB = 1024 * 1024;
  it.each([
    [{ image: 'vish/stress', args: ['-cpus', '2'] }, 2000, 0],
    [
      {
        image: 'polinux/stress',
        command: ['stress'],
        args: ['--vm', '1', '--vm-bytes', '150M', '--vm-hang', '1'],
      },
      0,
      150 * MIB,
    ],
    [shell('while true; do :; done'), 1000, 0],
    [shell('yes > /dev/null & yes > /dev/null; wait'), 1000, 0],
    [shell('dd if=/dev/zero of=/dev/null'), 1000, 0],
    [shell('while true; do date; sleep 5; done'), 0, 0],
    [{ image: 'nginx' }, 0, 0],
  ])('%j', (container, cpuMilli, memoryBytes) => {
    expect(appetiteOf(container)).toEqual({ cpuMilli, memoryBytes });
  });
});
