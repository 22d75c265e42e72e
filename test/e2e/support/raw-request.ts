import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import type { ServerAddress } from './server.ts';

/** A raw answer: what came over the socket until it was closed. */
export interface RawAnswer {
  /** 0 when nothing that looks like HTTP came. */
  readonly status: number;
  readonly text: string;
}

const PATIENCE_MS = 10_000;

/** Whether one answer is there: the server leaves the connection open for a while. */
const isWhole = (text: string): boolean => {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const head = text.slice(0, end);
  const body = text.slice(end + 4);
  const length = /^content-length: *(\d+)/im.exec(head)?.[1];
  if (length !== undefined) return body.length >= Number(length);
  return /^HTTP\/1\.1 (?:101|204)/.test(head) || body.endsWith('0\r\n\r\n');
};

/**
 * Sends bytes over TLS exactly as they are, for requests no client library would make. The answer ends where its length says, or
 * with the patience;
 * with `untilClosed` whatever comes before the connection ends is taken.
 */
export const sendRaw = (
  server: ServerAddress,
  text: string,
  patienceMs = PATIENCE_MS,
  untilClosed = false,
): Promise<RawAnswer> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(server.url);
    let received = '';
    const socket = connect(
      { host: hostname, port: Number(port), ca: readFileSync(join(server.home, 'ca.crt')) },
      () => socket.write(text),
    );
    const finish = (): void => {
      clearTimeout(timer);
      socket.destroy();
      const status = /^HTTP\/1\.1 (\d{3})/.exec(received)?.[1];
      resolve({ status: Number(status ?? 0), text: received });
    };
    const timer = setTimeout(finish, patienceMs);
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
      if (!untilClosed && isWhole(received)) finish();
    });
    socket.on('end', finish);
    socket.on('error', finish);
  });

/** A GET, line by line. */
export const rawGet = (path: string, headers: readonly string[]): string =>
  [`GET ${path} HTTP/1.1`, 'Host: localhost', ...headers, 'Connection: close', '', ''].join('\r\n');
