/** The Worker under test, beside an object that lends its storage. */

export { ClusterObject } from '../../durable-objects/cluster-object.ts';
export { Courier } from '../../durable-objects/courier.ts';
export { default } from '../../src/index.ts';
export { SqlObject } from './sql-object.ts';
