/** URLs as Go's net/url reads them, with the reasons it gives for those it cannot read. */

import { quoteGo } from './go-print.ts';
import { bad, good, type Result } from './result.ts';

/** Parts of a URL that anybody asks for. */
export interface GoUrl {
  readonly scheme: string;
  /** Host and port, without escapes. */
  readonly host: string;
  /** User information, as written; absent when there is no `@`. */
  readonly user?: string;
  readonly fragment: string;
  readonly query: string;
}

/** What a host may hold unescaped, beside letters outside of ASCII. */
const HOST_CHARACTER = /[\w.~!$&'()*+,;=:[\]<>"-]/;
const USER_INFORMATION = /^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/;
const PORT = /^(?::\d*)?$/;
const BROKEN_ESCAPE = /%(?![0-9A-Fa-f]{2})/;

/** Text before the first separator, and after it. */
const cut = (text: string, separator: string): readonly [string, string] => {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)];
};

const unescaped = (text: string): Result<string> => {
  const broken = BROKEN_ESCAPE.exec(text);
  if (broken !== null)
    return bad(`invalid URL escape ${quoteGo(text.slice(broken.index, broken.index + 3))}`);
  try {
    return good(decodeURIComponent(text));
  } catch {
    // Escapes that are no text: Go keeps the bytes, which nobody here looks at.
    return good(text);
  }
};

const readScheme = (text: string): Result<readonly [string, string]> => {
  if (text.startsWith(':')) return bad('missing protocol scheme');
  const scheme = /^([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(text)?.[1];
  return good(scheme === undefined ? ['', text] : [scheme.toLowerCase(), text.slice(scheme.length + 1)]);
};

const readHost = (text: string): Result<string> => {
  const close = text.lastIndexOf(']');
  if (text.startsWith('[') && close < 0) return bad("missing ']' in host");
  const colon = text.lastIndexOf(':');
  const port = text.startsWith('[') ? text.slice(close + 1) : colon < 0 ? '' : text.slice(colon);
  if (!PORT.test(port)) return bad(`invalid port ${quoteGo(port)} after host`);
  // Escapes come first, and only those of bytes outside of ASCII may stand in a host.
  const broken = /%(?![0-9A-Fa-f]{2})|%(?!25)[0-7]/.exec(text);
  if (broken !== null)
    return bad(`invalid URL escape ${quoteGo(text.slice(broken.index, broken.index + 3))}`);
  const strange = [...text].find((each) => each < '\u0080' && each !== '%' && !HOST_CHARACTER.test(each));
  if (strange !== undefined) return bad(`invalid character ${quoteGo(strange)} in host name`);
  return unescaped(text);
};

const readAuthority = (text: string): Result<Pick<GoUrl, 'host' | 'user'>> => {
  const at = text.lastIndexOf('@');
  const host = readHost(text.slice(at + 1));
  if (!host.ok) return host;
  if (at < 0) return good({ host: host.value });
  const user = text.slice(0, at);
  if (!USER_INFORMATION.test(user)) return bad('net/url: invalid userinfo');
  for (const part of cut(user, ':')) {
    const made = unescaped(part);
    if (!made.ok) return made;
  }
  return good({ host: host.value, user });
};

const readWithoutFragment = (text: string): Result<Omit<GoUrl, 'fragment'>> => {
  if (/[\u0000-\u001f\u007f]/.test(text)) return bad('net/url: invalid control character in URL');
  const scheme = readScheme(text);
  if (!scheme.ok) return scheme;
  const [name, afterScheme] = scheme.value;
  const [rest, query] = cut(afterScheme, '?');
  const facts = { scheme: name, query };
  if (!rest.startsWith('/')) {
    if (name !== '') return good({ ...facts, host: '' });
    if (cut(rest, '/')[0].includes(':')) return bad('first path segment in URL cannot contain colon');
  }
  const hasAuthority = rest.startsWith('//') && (name !== '' || !rest.startsWith('///'));
  const slash = hasAuthority ? rest.indexOf('/', 2) : 0;
  const authority = hasAuthority ? readAuthority(rest.slice(2, slash < 0 ? undefined : slash)) : undefined;
  if (authority?.ok === false) return authority;
  const path = unescaped(slash < 0 ? '' : rest.slice(slash));
  return path.ok ? good({ ...facts, ...(authority?.value ?? { host: '' }) }) : path;
};

/** Reads a URL; the reason why it cannot be read is the whole of Go's error. */
export const parseGoUrl = (text: string): Result<GoUrl> => {
  const [head, tail] = cut(text, '#');
  const url = readWithoutFragment(head);
  if (!url.ok) return bad(`parse ${quoteGo(head)}: ${url.error}`);
  const fragment = unescaped(tail);
  return fragment.ok
    ? good({ ...url.value, fragment: fragment.value })
    : bad(`parse ${quoteGo(text)}: ${fragment.error}`);
};
