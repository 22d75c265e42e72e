import { expect, test } from 'vitest';
import { cpuTimeOf } from '../../../test/support/cpu-time.ts';
import { Player } from './play.ts';
import type { Surroundings } from './surroundings.ts';

const around: Surroundings = {
  hostname: 'web-0',
  env: { GREETING: 'hi' },
  fileBefore: (path) => (path === '/etc/hostname' ? 'web-0' : undefined),
  folderBefore: (path) => (path === '/etc' ? ['hostname', 'passwd'] : undefined),
  hasProgram: (name) => name.endsWith('server'),
  resolves: (host, atMs) => host === 'db' && atMs >= 5000,
  startedAt: Date.UTC(2026, 0, 1),
  isBusybox: true,
  stopCode: 143,
  random: () => 0.5,
};

const play = (script: string) => new Player(around).playScript(script);
const told = (script: string) => play(script).lines.map((line) => line.text);

test.each([
  ['sleep 3; exit 2', 3000, 2],
  ['true && false || exit 7', 0, 7],
  ['false; echo done', 0, 0],
  ['sleep 1m && sleep 0.5', 60_500, 0],
  ['for i in 1 2 3; do sleep 2; done; exit $i', 6000, 3],
  ['i=0; while [ $i -lt 4 ]; do sleep 1; i=$((i+1)); done; exit $i', 4000, 4],
  ['if [ -f /nope ]; then exit 1; else exit 3; fi', 0, 3],
  ['until nslookup db; do echo waiting; sleep 2; done', 6070, 0],
  ['for i in $(seq 1 5); do sleep 1; done', 5000, 0],
  ['! true', 0, 1],
  ['(sleep 2; exit 4)', 2000, 4],
  ['sleep 10 & sleep 1', 1000, 0],
  ['echo a | grep b', 0, 1],
  ['exec sleep 5; exit 9', 5000, 0],
])('%s takes %i ms and exits with %i', (script, ms, code) => {
  const played = play(script);
  expect(played.endless).toBeUndefined();
  expect([played.ms, played.code]).toEqual([ms, code]);
});

test.each([
  ['while true; do date; sleep 5; done', false],
  ['tail -f /dev/null', false],
  ['sleep infinity', false],
  ['exec nginx -g "daemon off;"', true],
  ['my-server --port 80', true],
  ['f() { exit 1; }; f', false],
])('%s runs on', (script, heedsStop) => expect(play(script).endless?.heedsStop).toBe(heedsStop));

test.each([
  ['echo $GREETING "$(hostname)"; date', ['hi web-0', 'Thu Jan  1 00:00:00 UTC 2026']],
  ["printf '%s-%s\\n' a b", ['a-b']],
  ['echo x > /tmp/a; echo y >> /tmp/a; cat /tmp/a', ['x', 'y']],
  ['cat /nope', ["cat: can't open '/nope': No such file or directory"]],
  ['for i in 3 2 1; do echo $i; done', ['3', '2', '1']],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the shell
  ['echo ${NAME:-nobody}', ['nobody']],
])('%s prints', (script, lines) => expect(told(script)).toEqual(lines));

test('files come and go with time', () => {
  const { files } = play('touch /tmp/healthy; sleep 30; rm -f /tmp/healthy; sleep 600');
  expect(files).toEqual([{ path: '/tmp/healthy', fromMs: 0, toMs: 30_000 }]);
});

test('a trapped stop signal is heeded', () => {
  expect(play('trap "echo bye; exit 3" TERM; while true; do sleep 1; done').trapCode).toBe(3);
});

test.each(['', '(', '"', '$((', '${', 'a | ', 'while', 'for', 'if true', '`', "'", '\\', '&& a', '> '])(
  'broken input %j never throws',
  (script) => expect(() => play(script)).not.toThrow(),
);

const PIECES =
  // biome-ignore lint/suspicious/noTemplateCurlyInString: words of the shell
  'while true do done if then fi for i in 1 2 ; && || | & ( ) { } $( ) $(( )) ` " \' \\ echo sleep exit break cat rm touch > >> < a=$a$a $a ${a:-b} [ -f x ] ! - + {1..9} seq 9 sh -c exec test -o \n #'.split(
    ' ',
  );

test('any jumble of shell words comes to an end', () => {
  let state = 7;
  const draw = (bound: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 4294967296) * bound);
  };
  for (let round = 0; round < 3000; round += 1) {
    const script = Array.from({ length: 1 + draw(40) }, () => PIECES[draw(PIECES.length)]).join(
      draw(4) === 0 ? '' : ' ',
    );
    expect(() => play(script), script).not.toThrow();
  }
});

test.each([
  ['doubling texts', 'a=x; for i in $(seq 1 100); do a=$a$a; echo $a; done'],
  ['deep arithmetic', `echo $((${'-'.repeat(30_000)}1))`],
  ['deep tests', `[ ${'! '.repeat(15_000)} x ]`],
  ['deep exec', `${'exec '.repeat(7000)} true`],
  ['deep loops', 'while '.repeat(6000)],
  [
    'nested loops',
    'for a in $(seq 1 999); do for b in $(seq 1 999); do for c in $(seq 1 999); do true; done; done; done',
  ],
])('%s stay within bounds', (_name, script) => {
  expect(cpuTimeOf(() => play(script))).toBeLessThan(1500);
});

test.each([
  ['ls /etc', 'hostname passwd'],
  ['echo a > /tmp/x; touch /tmp/y; ls /tmp; rm /tmp/x; ls /tmp', 'x y y'],
  ['ls /nope; echo $?', 'ls: /nope: No such file or directory 1'],
  ['nosuchprogram; echo $?', 'sh: nosuchprogram: not found 127'],
  [`items=(foo bar baz); i=1; echo \${items[$i]} \${items[i+1]} \${items[@]}`, 'bar baz foo bar baz'],
  ['for x in a b c; do case $x in a|b) echo ab;; *) echo other;; esac; done', 'ab ab other'],
  ['case "$GREETING" in hello) exit 1;; hi) echo hi there; ;; esac; echo on', 'hi there on'],
  ["printf 'abc\\nBcd\\ncde\\n' | grep -v bc", 'Bcd cde'],
  ["printf 'abc\\nBcd\\ncde\\n' | grep -ci '^b'", '1'],
  ["printf 'abc\\nBcd\\ncde\\n' | grep -E 'abc|de$'", 'abc cde'],
  ['echo size=3 | cut -d= -f2', '3'],
  ['seq 5 | tail -n 2', '4 5'],
  ['seq 5 | head -1', '1'],
  ['seq 12 | wc -l', '12'],
  ['echo hello | tr a-z A-Z', 'HELLO'],
  ['echo hello | sed s/l/L/g', 'heLLo'],
  ["echo a b c | awk '{print $3, $1}'", 'c a'],
  ["printf 'b\na\nb\n' | sort | uniq", 'a b'],
  ['echo "echo from $0 script" > /tmp/s.sh; sh /tmp/s.sh', 'from script'],
])('%s prints', (script, expected) => {
  expect(told(script).join(' ')).toBe(expected);
});

test('a program of the image runs on, one that is nowhere ends with 127', () => {
  expect(play('server --port 1').endless).toBeDefined();
  expect(play('servre --port 1')).toMatchObject({ code: 127 });
});

test('pi has the digits asked for', () => {
  const [pi = ''] = new Player(around)
    .playWords(['perl', '-Mbignum=bpi', '-wle', 'print bpi(2000)'])
    .lines.map(({ text }) => text);
  expect(pi).toHaveLength(2001);
  expect([pi.slice(0, 52), pi.slice(-20)]).toEqual([
    '3.14159265358979323846264338327950288419716939937510',
    '59958133904780275901',
  ]);
});

test('cases within cases are read up to a depth, beyond it the script runs on', () => {
  const nested = (depth: number) => `${'case x in x) '.repeat(depth)}echo in${';; esac'.repeat(depth)}`;
  expect(told(nested(10))).toEqual(['in']);
  expect(play(nested(2000)).endless).toBeDefined();
});
