/** `npm run build`: everything that is made from sources, into `dist/`. Deploys and `npm start` use it. */

import { join } from 'node:path';
import { bundle } from './local/bundle.ts';

await bundle(join(import.meta.dirname, '..'));
