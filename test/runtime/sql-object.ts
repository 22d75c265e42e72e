/** A Durable Object that lends its storage to tests. */

import { DurableObject } from 'cloudflare:workers';

export class SqlObject extends DurableObject {}
