/** What must hold of every row, and of the document and the page made from them. */

import { describe, expect, it } from 'vitest';
import { PROBLEM_TYPES } from '../../platform/problem-types.ts';
import { html, markdown } from '../docs/html.ts';
import { type ApiDocument, problemsPage, referencePage } from '../docs/reference-page.ts';
import { printOpenApi } from './open-api.ts';
import { ROUTES } from './routes.ts';
import { TAGS } from './tags.ts';

const shown = ROUTES.filter(({ hidden }) => hidden !== true);
const rows = shown.map((route) => [`${route.method} ${route.path}`, route] as const);

describe('routes', () => {
  it('have their own id, and their own method and path', () => {
    const ids = shown.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)]);
    const places = ROUTES.map(({ method, path }) => `${method} ${path.replaceAll(/\{\w+\}/g, '{}')}`);
    expect(places).toEqual([...new Set(places)]);
  });

  it.each(rows)('%s is described', (_name, route) => {
    expect(route.id).toMatch(/^[a-z][a-zA-Z]+$/);
    expect(Object.keys(TAGS)).toContain(route.tag);
    expect(route.summary).toMatch(/^[A-Z].*[^.]$/);
    expect(Object.keys(route.answers)).not.toHaveLength(0);
    for (const status of Object.keys(route.answers)) expect(status).toMatch(/^2\d\d$/);
  });

  it.each(rows.filter(([, { example }]) => example !== undefined))(
    'the examples of %s are true',
    (_name, route) => {
      const { body, answer } = route.example ?? {};
      if (body !== undefined && route.bodyForm !== 'text') {
        expect(route.body?.safeParse(body).error?.issues ?? []).toEqual([]);
      }
      const [schema] = Object.values(route.answers).flatMap((described) => described.schema ?? []);
      if (answer !== undefined) expect(schema?.safeParse(answer).error?.issues ?? []).toEqual([]);
    },
  );

  it('that change something need a scope that says so', () => {
    const loose = shown.filter(({ method, scope }) => method !== 'GET' && scope.endsWith(':read'));
    // Looks at a text, keeps nothing.
    expect(loose.map(({ id }) => id)).toEqual(['lintTemplate']);
  });

  it('without credentials are few', () => {
    expect(shown.filter(({ scope }) => scope === 'public').map(({ id }) => id)).toEqual([
      'createAccount',
      'createSession',
      'exchangeCertificate',
      'listSigningKeys',
      'readOpenApi',
    ]);
  });
});

describe('the document', () => {
  const document = printOpenApi(ROUTES, 'https://kubicle.test');

  it('has an operation for each route, and nothing it refers to is missing', () => {
    const { paths } = document as unknown as ApiDocument;
    const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
    expect(operations.map(({ operationId }) => operationId).sort()).toEqual(shown.map(({ id }) => id).sort());
    for (const [, ref = ''] of JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)) {
      const found = ref
        .split('/')
        .reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], document);
      expect(found, ref).toBeDefined();
    }
  });

  it('names every parameter of a path', () => {
    const { paths } = document as unknown as ApiDocument;
    for (const [path, methods] of Object.entries(paths)) {
      const names = Array.from(path.matchAll(/\{(\w+)\}/g), ([, name]) => name);
      for (const { parameters = [] } of Object.values(methods)) {
        expect(parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)).toEqual(
          names,
        );
      }
    }
  });
});

describe('the pages', () => {
  it('show every operation and load nothing from elsewhere', () => {
    const page = referencePage(printOpenApi(ROUTES, 'https://kubicle.test') as unknown as ApiDocument);
    for (const { id } of shown) expect(page).toContain(`id="${id}"`);
    expect(Array.from(page.matchAll(/(?:src|href)="(?!#)([^"]*)"/g), ([, target]) => target)).toEqual(
      expect.arrayContaining(['/docs/style.css', '/docs/reference.js', '/v1/openapi.json']),
    );
    expect(page).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
    expect(page).not.toMatch(/<style|style="|onclick|<script>/);
  });

  it('explain every problem', () => {
    const page = problemsPage(undefined);
    for (const type of Object.keys(PROBLEM_TYPES)) expect(page).toContain(`id="${type}"`);
    expect(problemsPage('conflict')).not.toContain('id="gone"');
  });

  it('are safe from what stands in texts', () => {
    expect(html`<p title="${'"><script>'}">${['<b>', html`<i></i>`]}</p>`.html).toBe(
      '<p title="&quot;&gt;&lt;script&gt;">&lt;b&gt;<i></i></p>',
    );
    expect(markdown('a <b> `<c>`\n\n- **x**\n- y').html).toBe(
      '<p>a &lt;b&gt; <code>&lt;c&gt;</code></p><ul><li><strong>x</strong></li><li>y</li></ul>',
    );
  });
});
