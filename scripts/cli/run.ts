import { parseArgs } from 'node:util';
import { makeApi } from './api.ts';
import { type Command, CommandError, EXIT, type Invocation, type OptionValue } from './command.ts';
import { COMMANDS } from './commands.ts';
import { requireConnection } from './connection.ts';
import { COMMON_OPTIONS, printCommandHelp, printOutput, printOverview } from './print.ts';

/** What a run printed, and how it ended. */
export interface Ran {
  readonly exitCode: number;
  readonly output: string;
  readonly error: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The command whose name the words begin with, the longest first. */
const findCommand = (words: readonly string[]): Command | undefined =>
  COMMANDS.toSorted((a, b) => b.name.length - a.name.length).find(({ name }) =>
    name.split(' ').every((word, index) => words[index] === word),
  );

const readArguments = (command: Command, args: readonly string[]) => {
  const known = { ...command.options, ...COMMON_OPTIONS };
  const options = Object.fromEntries(
    Object.entries(known).map(([name, option]) => {
      const { type, short, multiple } = option as {
        type: 'string' | 'boolean';
        short?: string;
        multiple?: true;
      };
      return [
        name,
        { type, ...(short === undefined ? {} : { short }), ...(multiple === true ? { multiple } : {}) },
      ];
    }),
  );
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    return { values: values as Readonly<Record<string, OptionValue | undefined>>, positionals };
  } catch (error) {
    throw new CommandError((error as Error).message);
  }
};

const requireArguments = ({ name, arguments: wanted = [] }: Command, given: readonly string[]): void => {
  const needed = wanted.filter((label) => !label.startsWith('['));
  const missing = needed[given.length];
  if (missing !== undefined) throw new CommandError(`${missing} is missing; see kubicle ${name} --help`);
  if (given.length > wanted.length)
    throw new CommandError(`unexpected "${given[wanted.length]}"; see kubicle ${name} --help`);
};

const runCommand = async (
  command: Command,
  args: readonly string[],
  environment: Environment,
): Promise<Ran> => {
  const { values, positionals } = readArguments(command, args);
  if (values['help'] === true) return { exitCode: EXIT.ok, output: printCommandHelp(command), error: '' };
  requireArguments(command, positionals);
  const form = values['output'] ?? 'table';
  if (form !== 'table' && form !== 'json') throw new CommandError('--output must be table or json');
  const asText = (value: OptionValue | undefined) => (typeof value === 'string' ? value : undefined);
  const connection = async () =>
    requireConnection(environment, {
      server: asText(values['server']),
      certificateAuthority: asText(values['certificate-authority']),
    });
  const invocation: Invocation = {
    arguments: positionals,
    options: values,
    environment,
    connect: connection,
    api: async () => makeApi(await connection()),
  };
  const output = await command.run(invocation);
  const printed = printOutput(output, form);
  return { exitCode: output.exitCode ?? EXIT.ok, output: printed === '' ? '' : `${printed}\n`, error: '' };
};

/** Runs a command line (without the program's name). Never rejects. */
export const run = async (args: readonly string[], environment: Environment): Promise<Ran> => {
  try {
    const command = findCommand(args);
    if (command !== undefined) {
      return await runCommand(command, args.slice(command.name.split(' ').length), environment);
    }
    const words = args.filter((word) => !word.startsWith('-'));
    const isGroup = COMMANDS.some(({ name }) => words.length === 1 && name.startsWith(`${words[0]} `));
    const asked =
      args.some((word) => word === '--help' || word === '-h') || words[0] === 'help' || args.length === 0;
    if (asked || isGroup) {
      const overview = printOverview(COMMANDS, isGroup ? words : []);
      return { exitCode: asked ? EXIT.ok : EXIT.usage, output: overview, error: '' };
    }
    throw new CommandError(`"${args.join(' ')}" is no command; see kubicle --help`);
  } catch (error) {
    if (error instanceof CommandError) {
      return { exitCode: error.exitCode, output: '', error: `kubicle: ${error.message}\n` };
    }
    return {
      exitCode: EXIT.refused,
      output: '',
      error: `kubicle: ${(error as Error).stack ?? String(error)}\n`,
    };
  }
};
