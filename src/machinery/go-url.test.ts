import { expect, test } from 'vitest';
import { parseGoUrl } from './go-url.ts';

test.each([
  ['https://%zz', 'parse "https://%zz": invalid URL escape "%zz"'],
  ['https://a%2', 'parse "https://a%2": invalid URL escape "%2"'],
  ['https://a%41', 'parse "https://a%41": invalid URL escape "%41"'],
  ['https://a.b:xx/c', 'parse "https://a.b:xx/c": invalid port ":xx" after host'],
  ['https://[::1/c', 'parse "https://[::1/c": missing \']\' in host'],
  ['https://[::1]a/c', 'parse "https://[::1]a/c": invalid port "a" after host'],
  ['https://a b/', 'parse "https://a b/": invalid character " " in host name'],
  ['https://a\\b/', 'parse "https://a\\\\b/": invalid character "\\\\" in host name'],
  ['https://u^@a', 'parse "https://u^@a": net/url: invalid userinfo'],
  ['https://a/%x#y', 'parse "https://a/%x": invalid URL escape "%x"'],
  ['https://a/x#%', 'parse "https://a/x#%": invalid URL escape "%"'],
  ['a:b/c://d', undefined],
  ['1a:b', 'parse "1a:b": first path segment in URL cannot contain colon'],
  [':b', 'parse ":b": missing protocol scheme'],
  ['https://a/\u0001', 'parse "https://a/\\x01": net/url: invalid control character in URL'],
  ['https://é.example:1/%20', undefined],
])('%s', (text, reason) => {
  const url = parseGoUrl(text);
  expect(url.ok ? undefined : url.error).toBe(reason);
});

test('parts of a URL', () => {
  expect(parseGoUrl('HTTPS://u:p@a.b:99/c?d=%#e%20f')).toEqual({
    ok: true,
    value: { scheme: 'https', host: 'a.b:99', user: 'u:p', query: 'd=%', fragment: 'e f' },
  });
  expect(parseGoUrl('with space')).toEqual({
    ok: true,
    value: { scheme: '', host: '', query: '', fragment: '' },
  });
});
