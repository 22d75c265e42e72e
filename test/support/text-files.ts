import { readFileSync } from 'node:fs';

/** Lets tests import `.yaml` files as texts, as the bundles do. */
export const textFiles = () => ({
  name: 'text-files',
  enforce: 'pre' as const,
  load: (id: string): string | undefined =>
    id.endsWith('.yaml') ? `export default ${JSON.stringify(readFileSync(id, 'utf8'))};` : undefined,
});
