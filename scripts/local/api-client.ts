import { Agent, request } from 'node:https';

/** An answer of the local front. */
export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Calls the local front over TLS, trusting its own authority only. */
export type ApiClient = (
  method: string,
  path: string,
  options?: { readonly token?: string; readonly body?: unknown },
) => Promise<Answer>;

/** A client for the front on this port. Rejects when there is no connection. */
export const makeApiClient = (port: number, caCertificate: string): ApiClient => {
  const agent = new Agent({ ca: caCertificate });
  return (method, path, { token, body } = {}) =>
    new Promise((resolve, reject) => {
      const sent = request(
        {
          agent,
          host: '127.0.0.1',
          port,
          method,
          path,
          headers: {
            ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
          );
          response.on('error', reject);
        },
      );
      sent.on('error', reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
};
