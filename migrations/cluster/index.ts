/** The migrations of a cluster's database, oldest first. Append only; see docs in src/store/migrate.ts. */

import type { SqlPort } from '../../src/ports.ts';
import checksums from '../checksums.json' with { type: 'json' };
import { apply as applyStore } from './0001-store.ts';
import { apply as applyAudit } from './0002-audit.ts';
import { apply as applyUserTokens } from './0003-user-tokens.ts';

/** One step: its name, the SHA-256 of its file, and what it does to the tables. Runs inside a transaction. */
export interface Migration {
  readonly id: string;
  readonly checksum: string;
  readonly apply: (sql: SqlPort) => void;
}

/** Every migration there is, in the order they are applied. */
export const migrations: readonly Migration[] = [
  { id: '0001-store', checksum: checksums['cluster/0001-store.ts'], apply: applyStore },
  { id: '0002-audit', checksum: checksums['cluster/0002-audit.ts'], apply: applyAudit },
  { id: '0003-user-tokens', checksum: checksums['cluster/0003-user-tokens.ts'], apply: applyUserTokens },
];
