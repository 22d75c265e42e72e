import { expect, test } from 'vitest';
import { warned } from './respond.ts';

test.each([
  ['line breaks', 'a\r\nX-Injected: yes\r\n\r\nbody', '299 - "a X-Injected: yes body"'],
  ['a NUL', 'a\u0000b', '299 - "a b"'],
  ['other control characters', 'a\u007f\u0085\u001bb', '299 - "a b"'],
  ['quotes and backslashes', 'a "b" \\', '299 - "a \\"b\\" \\\\"'],
])('a warning with %s stays one header', (_what, text, header) => {
  const { Warning: printed = '' } = warned({}, [text]);
  expect(printed).toBe(header);
  expect(new Headers({ warning: printed }).get('warning')).toBe(header);
});
