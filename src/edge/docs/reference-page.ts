import { PROBLEM_TYPES, type ProblemType, problemTypeUri } from '../../platform/problem-types.ts';
import { type Html, html, markdown, markdownLine } from './html.ts';
import { fields, type Schema, type Schemas, typeText } from './schema-view.ts';

interface Content {
  readonly [mediaType: string]: { readonly schema?: Schema; readonly example?: unknown };
}

interface Parameter {
  readonly $ref?: string;
  readonly name?: string;
  readonly in?: string;
  readonly description?: string;
  readonly required?: boolean;
  readonly schema?: Schema;
}

interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Content }>>;
  readonly security: readonly unknown[];
  readonly 'x-scope'?: string;
}

/** As much of the document as the page shows. */
export interface ApiDocument {
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Schemas };
}

interface Entry extends Operation {
  readonly method: string;
  readonly path: string;
}

const entriesOf = ({ paths }: ApiDocument): readonly Entry[] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ ...operation, method, path })),
  );

const parameterTable = (parameters: readonly Parameter[]): Html | undefined => {
  const shown = parameters.filter(({ name }) => name !== undefined);
  if (shown.length === 0) return undefined;
  return html`<h4>Parameters</h4><table><tbody>${shown.map(
    ({ name, in: place, description, required, schema }) =>
      html`<tr><td><code>${name}</code>${required === true && place !== 'path' ? html` <span class="required">required</span>` : ''}</td><td><span class="type">${place}, ${typeText(schema ?? {})}</span> ${markdownLine(description ?? '')}</td></tr>`,
  )}</tbody></table>`;
};

const bodyView = ({ requestBody }: Entry, schemas: Schemas): Html | undefined => {
  if (requestBody === undefined) return undefined;
  const [first] = Object.values(requestBody.content);
  const types = Object.keys(requestBody.content).join(', ');
  return html`<h4>Body</h4><span class="type">${types}${requestBody.required ? '' : ', may be left out'}</span>${
    first?.schema === undefined ? undefined : fields(first.schema, schemas)
  }`;
};

const isGood = (status: string): boolean => status.startsWith('2');

const answersView = ({ responses }: Entry, schemas: Schemas): Html => {
  const good = Object.entries(responses).filter(([status]) => isGood(status));
  const bad = Object.entries(responses).filter(([status]) => !isGood(status));
  return html`<h4>Answer</h4>${good.map(([status, { description, content = {} }]) => {
    const [type, first] = Object.entries(content)[0] ?? [];
    const inside = first?.schema === undefined ? undefined : fields(first.schema, schemas);
    const head = html`<strong>${status}</strong> ${description}${type === undefined ? '' : html` <span class="type">${type}</span>`}`;
    return inside === undefined
      ? html`<p>${head}</p>`
      : html`<details><summary>${head}</summary>${inside}</details>`;
  })}<p class="type">Failures: ${bad.map(([status, { description }], index) => {
    const types = description.matchAll(/problems\/([\w-]+)/g);
    const links = Array.from(types, ([, slug = '']) => html` <a href="/docs/problems/${slug}">${slug}</a>`);
    return html`${index === 0 ? '' : ', '}${status}${links}`;
  })}</p>`;
};

const pretty = (value: unknown): string => JSON.stringify(value, undefined, 2);

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const curl = ({ method, path, requestBody, security }: Entry): string => {
  const lines = [`curl${method === 'get' ? '' : ` -X ${method.toUpperCase()}`} "$API/v1${path}"`];
  if (security.length > 0) lines.push('-H "Authorization: Bearer $KEY"');
  const [type, content] = Object.entries(requestBody?.content ?? {})[0] ?? [];
  if (content !== undefined) {
    lines.push(`-H 'Content-Type: ${type}'`);
    const isText = content.example === undefined || typeof content.example === 'string';
    lines.push(isText ? '--data-binary @FILE' : `-d ${quote(JSON.stringify(content.example))}`);
  }
  return lines.join(' \\\n  ');
};

const exampleAnswer = ({ responses }: Entry): unknown => {
  const good = Object.entries(responses).find(([status]) => isGood(status))?.[1];
  return Object.values(good?.content ?? {})[0]?.example;
};

const operationView = (entry: Entry, schemas: Schemas): Html => {
  const { method, path, summary, description, security } = entry;
  const answer = exampleAnswer(entry);
  const scope = entry['x-scope'] ?? (security.length === 0 ? 'public' : 'any credentials');
  const words = `${method} ${path} ${summary} ${entry.operationId}`.toLowerCase();
  return html`<section class="operation" id="${entry.operationId}" data-words="${words}"><h3><a href="#${entry.operationId}">${summary}</a></h3>
<p class="call"><span class="method ${method}">${method.toUpperCase()}</span><span class="path">/v1${path}</span><span class="badge">${scope}</span></p>
${description === undefined ? undefined : markdown(description)}
<div class="columns"><div>${parameterTable(entry.parameters ?? [])}${bodyView(entry, schemas)}${answersView(entry, schemas)}</div>
<div><h4>Example</h4><pre><code>${curl(entry)}</code></pre>${answer === undefined ? undefined : html`<pre><code>${pretty(answer)}</code></pre>`}</div></div></section>`;
};

const indexView = (document: ApiDocument, entries: readonly Entry[]): Html =>
  html`<div class="index">${document.tags.map(
    ({ name }) =>
      html`<div data-group><h2>${name}</h2><ul>${entries
        .filter(({ tags }) => tags.includes(name))
        .map(
          ({ operationId, summary, method, path }) =>
            html`<li data-words="${`${method} ${path} ${summary} ${operationId}`.toLowerCase()}"><a href="#${operationId}">${summary}</a></li>`,
        )}</ul></div>`,
  )}</div>`;

/** A whole page around its middle. */
export const pageOf = (title: string, index: Html | undefined, middle: Html, script: boolean): string =>
  html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><link rel="stylesheet" href="/docs/style.css">${script ? html`<script src="/docs/reference.js" defer></script>` : ''}</head>
<body><a class="skip" href="#content">To the content</a><div class="frame"><nav aria-label="Contents"><a class="brand" href="/docs">Kubicle API</a>${index}</nav>
<main id="content">${middle}</main></div></body></html>
`.html;

/** The reference of the control API, rendered from its document. */
export const referencePage = (document: ApiDocument): string => {
  const entries = entriesOf(document);
  const { schemas } = document.components;
  const search = html`<input type="search" placeholder="Find (press /)" aria-label="Find an operation">`;
  const groups = document.tags.map(
    ({ name, description }) =>
      html`<div data-group><h2 class="tag" id="tag-${name.toLowerCase()}">${name}</h2><p class="lead">${markdownLine(description)}</p>${entries
        .filter(({ tags }) => tags.includes(name))
        .map((entry) => operationView(entry, schemas))}</div>`,
  );
  const middle = html`<h1>${document.info.title}</h1><div class="lead">${markdown(document.info.description)}
<p>Base address: <code>${document.servers[0]?.url}</code>. The document itself: <a href="/v1/openapi.json">openapi.json</a>. Every kind of failure: <a href="/docs/problems">problems</a>.</p></div>${groups}`;
  const links = html`${search}<ul><li><a href="/docs/problems">Problems</a></li><li><a href="/v1/openapi.json">openapi.json</a></li></ul>${indexView(document, entries)}`;
  return pageOf(document.info.title, links, middle, true);
};

const problemView = (type: ProblemType): Html => {
  const { status, title, meaning } = PROBLEM_TYPES[type];
  return html`<section class="operation" id="${type}"><h3><a href="${problemTypeUri(type)}">${title}</a></h3>
<p class="call"><span class="badge">${status}</span><span class="path">${problemTypeUri(type)}</span></p>${markdown(meaning)}</section>`;
};

/** What every problem type means; or one of them. */
export const problemsPage = (only: ProblemType | undefined): string => {
  const types = Object.keys(PROBLEM_TYPES) as ProblemType[];
  const lead =
    'Failures are `application/problem+json` (RFC 9457). `type` is one of the addresses below and stays the same for ever: let programs look at it, and people at `title` and `detail`. `errors` names wrong places of the request, `requestId` is the `X-Request-Id` of the answer.';
  const index = html`<ul>${types.map((type) => html`<li><a href="${problemTypeUri(type)}">${type}</a></li>`)}</ul>`;
  const shown = (only === undefined ? types : [only]).map(problemView);
  const title = only === undefined ? 'Problems' : PROBLEM_TYPES[only].title;
  const middle = html`<h1>${title}</h1><p class="lead">${markdownLine(lead)}</p>${shown}`;
  return pageOf(`${title} · Kubicle API`, index, middle, false);
};
