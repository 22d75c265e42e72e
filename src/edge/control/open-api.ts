import { z } from 'zod';
import { PROBLEM_TYPES, type ProblemType, problemTypeUri } from '../../platform/problem-types.ts';
import { SCOPE_MEANINGS } from '../../platform/scopes.ts';
import type { Route } from './route.ts';
import { TAGS } from './tags.ts';

/** A value of the document. */
export type Json = { readonly [key: string]: unknown };

const VERSION = '1.0.0';

const DESCRIPTION = `Accounts, clusters, templates and environments of Kubicle. Bodies are JSON, times RFC 3339, ids opaque.

Errors are \`application/problem+json\` (RFC 9457) with a stable \`type\`. Every answer has \`X-Request-Id\`. Lists are
\`{items, nextCursor?}\` and take \`limit\` and \`cursor\`. Every POST takes an \`Idempotency-Key\`: the same request with
the same key within 24 hours is done once, and its answer is given again. What belongs to somebody else does not exist:
404.`;

/** Schemas with an id become components; everything else stands where it is used. */
class Components {
  readonly schemas: Record<string, unknown> = {};

  print(schema: z.ZodType, io: 'input' | 'output'): Json {
    const printed = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Record<string, unknown>;
    const { $defs, $schema, id, ...own } = this.#rewrite(printed) as Record<string, unknown>;
    for (const [name, definition] of Object.entries(($defs ?? {}) as Json)) this.#add(name, definition);
    if (typeof id !== 'string') return own;
    this.#add(id, own);
    return { $ref: `#/components/schemas/${id}` };
  }

  #add(name: string, definition: unknown): void {
    const { id, ...rest } = definition as Record<string, unknown>;
    this.schemas[name] = rest;
  }

  #rewrite(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((item) => this.#rewrite(item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, part]) =>
        key === '$ref' && typeof part === 'string'
          ? [key, part.replace('#/$defs/', '#/components/schemas/')]
          : [key, this.#rewrite(part)],
      ),
    );
  }
}

const problemsOf = (route: Route): readonly ProblemType[] => {
  const general: ProblemType[] = [];
  if (route.body !== undefined || route.query !== undefined) general.push('invalid-request');
  if (route.scope !== 'public') general.push('unauthorized');
  if (route.scope !== 'public' && route.scope !== 'any') general.push('missing-scope');
  if (route.path.includes('{')) general.push('not-found');
  if (route.body !== undefined) general.push('too-large', 'unsupported-media-type');
  if (route.method === 'POST') general.push('idempotency-in-flight', 'idempotency-mismatch');
  return [...new Set([...general, ...(route.problems ?? []), 'rate-limited' as const])];
};

/** The problems of one status: what each `type` means is in its page. */
const printProblems = (types: readonly ProblemType[]): Json => {
  const byStatus = Map.groupBy(types, (type) => PROBLEM_TYPES[type].status);
  return Object.fromEntries(
    [...byStatus].map(([status, ofStatus]) => [
      String(status),
      {
        description: ofStatus.map((type) => `\`${problemTypeUri(type)}\``).join(', '),
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    ]),
  );
};

const printAnswers = (route: Route, components: Components): Json =>
  Object.fromEntries(
    Object.entries(route.answers).map(([status, { description, schema, contentType }], index) => {
      const type = contentType ?? 'application/json';
      const shown =
        index === 0 && route.example?.answer !== undefined ? { example: route.example.answer } : {};
      const content =
        schema !== undefined
          ? { content: { [type]: { schema: components.print(schema, 'output'), ...shown } } }
          : contentType === undefined
            ? {}
            : { content: { [type]: { schema: { type: 'string' }, ...shown } } };
      return [
        status,
        { description, headers: { 'X-Request-Id': { $ref: '#/components/headers/RequestId' } }, ...content },
      ];
    }),
  );

const BODY_TYPES = {
  json: ['application/json'],
  'json-or-yaml': ['application/json', 'application/yaml'],
  text: ['text/plain'],
} as const;

const printBody = (route: Route, components: Components): Json => {
  if (route.body === undefined) return {};
  const schema = components.print(route.body, 'input');
  const shown = route.example?.body === undefined ? {} : { example: route.example.body };
  const types = route.bodyTypes ?? BODY_TYPES[route.bodyForm ?? 'json'];
  // An empty body is `{}`: it is required only where that would not do.
  const required = !route.body.safeParse({}).success;
  const content = Object.fromEntries(types.map((type) => [type, { schema, ...shown }]));
  return { requestBody: { required, content } };
};

const printParameters = (route: Route, components: Components): Json => {
  const inPath = Array.from(route.path.matchAll(/\{(\w+)\}/g), ([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
  const query = route.query === undefined ? {} : components.print(route.query, 'input');
  const required = new Set((query['required'] as readonly string[] | undefined) ?? []);
  const inQuery = Object.entries((query['properties'] as Json | undefined) ?? {}).map(([name, schema]) => {
    const { description, ...rest } = schema as Record<string, unknown>;
    return {
      name,
      in: 'query',
      ...(description === undefined ? {} : { description }),
      ...(required.has(name) ? { required: true } : {}),
      schema: rest,
    };
  });
  const keyed = route.method === 'POST' ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : [];
  const parameters = [...inPath, ...inQuery, ...keyed];
  return parameters.length === 0 ? {} : { parameters };
};

const printOperation = (route: Route, components: Components): Json => ({
  operationId: route.id,
  tags: [route.tag],
  summary: route.summary,
  ...(route.description === undefined ? {} : { description: route.description }),
  ...printParameters(route, components),
  ...printBody(route, components),
  responses: { ...printAnswers(route, components), ...printProblems(problemsOf(route)) },
  security: route.scope === 'public' ? [] : [{ bearer: [] }],
  ...(route.scope === 'public' || route.scope === 'any' ? {} : { 'x-scope': route.scope }),
});

const problemSchema = z
  .looseObject({
    type: z.enum((Object.keys(PROBLEM_TYPES) as ProblemType[]).map(problemTypeUri) as [string, ...string[]]),
    status: z.number().int(),
    title: z.string(),
    detail: z.string().optional(),
    errors: z
      .array(z.object({ path: z.string(), message: z.string(), in: z.enum(['query', 'path']).optional() }))
      .optional(),
    requestId: z.string(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details' });

const fixedComponents = {
  securitySchemes: {
    bearer: {
      type: 'http',
      scheme: 'bearer',
      description: `An API key or a session token. Scopes of API keys: ${Object.entries(SCOPE_MEANINGS)
        .map(([scope, meaning]) => `\`${scope}\` ${meaning}`)
        .join(' ')}`,
    },
  },
  headers: {
    RequestId: {
      description: 'Names this request in our journal; the one that was sent, if any',
      schema: { type: 'string' },
    },
  },
  parameters: {
    IdempotencyKey: {
      name: 'Idempotency-Key',
      in: 'header',
      description: 'Makes it safe to ask again: 1 to 255 printable ASCII characters, kept for 24 hours',
      schema: { type: 'string', minLength: 1, maxLength: 255 },
    },
  },
} as const;

/** The OpenAPI 3.1 document of these routes, for the front at this origin. */
export const printOpenApi = (routes: readonly Route[], origin: string): Json => {
  const components = new Components();
  components.print(problemSchema, 'output');
  const shown = routes.filter(({ hidden }) => hidden !== true);
  const paths = Object.fromEntries(
    [...Map.groupBy(shown, ({ path }) => path)].map(([path, methods]) => [
      path,
      Object.fromEntries(
        methods.map((route) => [route.method.toLowerCase(), printOperation(route, components)]),
      ),
    ]),
  );
  return {
    openapi: '3.1.0',
    info: { title: 'Kubicle control API', version: VERSION, description: DESCRIPTION },
    servers: [{ url: `${origin}/v1` }],
    tags: Object.entries(TAGS)
      .filter(([name]) => shown.some(({ tag }) => tag === name))
      .map(([name, description]) => ({ name, description })),
    paths,
    components: { schemas: components.schemas, ...fixedComponents },
  };
};
