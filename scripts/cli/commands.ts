import { accessCommands } from './access-commands.ts';
import { clusterCommands } from './cluster-commands.ts';
import type { Command } from './command.ts';
import { credentialCommands } from './credential-commands.ts';
import { environmentCommands } from './environment-commands.ts';
import { loginCommands } from './login-commands.ts';
import { organisationCommands } from './organisation-commands.ts';
import { templateCommands } from './template-commands.ts';
import { tokenCommands } from './token-commands.ts';
import { webhookCommands } from './webhook-commands.ts';

/** Every command, in the order of the help. */
export const COMMANDS: readonly Command[] = [
  ...loginCommands,
  ...clusterCommands,
  ...accessCommands,
  ...tokenCommands,
  ...environmentCommands,
  ...templateCommands,
  ...organisationCommands,
  ...webhookCommands,
  ...credentialCommands,
];
