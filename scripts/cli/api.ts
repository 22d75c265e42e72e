import { request as requestPlainly } from 'node:http';
import { request } from 'node:https';
import { CommandError, EXIT } from './command.ts';
import type { Connection } from './connection.ts';

/** What a call may carry. */
export interface CallOptions {
  readonly body?: unknown;
  /** Sent as it is, with this media type. */
  readonly text?: string;
  readonly contentType?: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
}

/** The control API. Paths are below `/v1`; refusals become errors in words. */
export interface Api {
  /** The JSON of the answer; `undefined` when there is none. */
  call<Value = Record<string, unknown>>(method: string, path: string, options?: CallOptions): Promise<Value>;
  /** The text of the answer. */
  read(method: string, path: string, options?: CallOptions): Promise<string>;
  /** All items of a list, page by page, up to `limit`. */
  list(path: string, query?: CallOptions['query'], limit?: number): Promise<Record<string, unknown>[]>;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

interface Problem {
  readonly title?: string;
  readonly detail?: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
  readonly requestId?: string;
}

const PATIENCE_MS = 120_000;

const send = (
  { server, apiKey, caCertificate }: Connection,
  method: string,
  target: string,
  { body, text, contentType }: CallOptions,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const url = new URL(server + target);
    const payload = text ?? (body === undefined ? undefined : JSON.stringify(body));
    const headers = {
      accept: 'application/json, application/problem+json, */*',
      'user-agent': 'kubicle-cli',
      ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
      ...(payload === undefined
        ? {}
        : {
            'content-type': contentType ?? 'application/json',
            'content-length': Buffer.byteLength(payload),
          }),
    };
    const options = {
      method,
      headers,
      timeout: PATIENCE_MS,
      ...(caCertificate === undefined ? {} : { ca: caCertificate }),
    };
    const open = url.protocol === 'http:' ? requestPlainly : request;
    const sent = open(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    sent.on('timeout', () => sent.destroy(new Error('no answer')));
    sent.on('error', reject);
    sent.end(payload);
  });

/** A refusal in words: what, where, and how to find it again. */
const explain = ({ status, text }: Answer): string => {
  let problem: Problem = {};
  try {
    problem = JSON.parse(text) as Problem;
  } catch {
    return `the server answered ${status}`;
  }
  const { title = `status ${status}`, detail, errors = [], requestId } = problem;
  const places =
    errors.length > 1 ? errors.map(({ path, message }) => `\n  ${path}: ${message}`).join('') : '';
  const id = status >= 500 && requestId !== undefined ? ` (request ${requestId})` : '';
  return `${title}${detail === undefined ? '' : `: ${detail}`}${places}${id}`;
};

const printQuery = (query: CallOptions['query'] = {}): string => {
  const set = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  const printed = new URLSearchParams(
    set.map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();
  return printed === '' ? '' : `?${printed}`;
};

const PAGE = 200;

/** The control API of a server. */
export const makeApi = (connection: Connection): Api => {
  const read = async (method: string, path: string, options: CallOptions = {}): Promise<string> => {
    let answer: Answer;
    try {
      answer = await send(connection, method, `/v1${path}${printQuery(options.query)}`, options);
    } catch (error) {
      throw new CommandError(
        `cannot reach ${connection.server}: ${(error as Error).message}`,
        EXIT.unreachable,
      );
    }
    if (answer.status >= 400) throw new CommandError(explain(answer), EXIT.refused);
    return answer.text;
  };
  const call = async <Value>(method: string, path: string, options?: CallOptions): Promise<Value> => {
    const answer = await read(method, path, options);
    return (answer === '' ? undefined : JSON.parse(answer)) as Value;
  };
  return {
    read,
    call,
    list: async (path, query = {}, limit = Number.POSITIVE_INFINITY) => {
      const items: Record<string, unknown>[] = [];
      let cursor: string | undefined;
      do {
        const size = Math.min(PAGE, limit - items.length);
        const page = await call<{ items: Record<string, unknown>[]; nextCursor?: string }>('GET', path, {
          query: { ...query, limit: size, cursor },
        });
        items.push(...page.items);
        cursor = page.nextCursor;
      } while (cursor !== undefined && items.length < limit);
      return items;
    },
  };
};
