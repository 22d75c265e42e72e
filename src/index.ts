/** Worker entry: the front's handler and the object classes. */

import { serve } from './edge/app.ts';
import type { Env } from './edge/env.ts';

export { ClusterObject } from '../durable-objects/cluster-object.ts';
export { Courier } from '../durable-objects/courier.ts';

export default {
  fetch: (request, env) => serve(request, env),
} satisfies ExportedHandler<Env>;
