import { z } from 'zod';
import { type Json, printOpenApi } from './open-api.ts';
import { defineRoute, ok, type Route } from './route.ts';

/** The route that describes all of them. `routes` is asked late, since the answer includes this one. */
export const makeDocumentRoutes = (routes: () => readonly Route[]): readonly Route[] => {
  let printed: { readonly origin: string; readonly document: Json } | undefined;
  return [
    defineRoute({
      id: 'readOpenApi',
      method: 'GET',
      path: '/openapi.json',
      scope: 'public',
      tag: 'Reference',
      summary: 'This document',
      answers: { 200: { description: 'OpenAPI 3.1', schema: z.looseObject({ openapi: z.string() }) } },
      handle: async ({ directory }) => {
        const origin = directory.publicUrl;
        if (printed?.origin !== origin) printed = { origin, document: printOpenApi(routes(), origin) };
        return { ...ok(printed.document), headers: { 'cache-control': 'public, max-age=60' } };
      },
    }),
  ];
};
