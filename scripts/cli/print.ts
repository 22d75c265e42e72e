import type { Column, Command, Option, Output } from './command.ts';

const shown = (value: unknown): string => {
  if (value === undefined || value === null || value === '') return '-';
  if (Array.isArray(value)) return value.length === 0 ? '-' : value.map(shown).join(',');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
};

const pad = (cells: readonly string[], widths: readonly number[]): string =>
  cells
    .map((cell, index) => (index === cells.length - 1 ? cell : cell.padEnd(widths[index] ?? 0)))
    .join('   ')
    .trimEnd();

/** Rows under headings, as kubectl prints them. Without rows: a line that says so. */
export const printTable = (rows: readonly unknown[], columns: readonly Column[]): string => {
  if (rows.length === 0) return 'Nothing found.';
  const cells = rows.map((row) => columns.map(([, cell]) => shown(cell(row as Record<string, unknown>))));
  const headings = columns.map(([heading]) => heading);
  const widths = headings.map((heading, index) =>
    Math.max(heading.length, ...cells.map((row) => row[index]?.length ?? 0)),
  );
  return [headings, ...cells].map((row) => pad(row, widths)).join('\n');
};

/** An output in the form that was asked for. */
export const printOutput = ({ json, table, text }: Output, form: string): string => {
  if (form === 'json' || (table === undefined && text === undefined)) {
    return json === undefined ? '' : JSON.stringify(json, undefined, 2);
  }
  return text ?? (table === undefined ? '' : printTable(table.rows, table.columns));
};

/** Options that every command has. */
export const COMMON_OPTIONS = {
  output: { type: 'string', short: 'o', value: 'table|json', help: 'how to print the answer' },
  server: { type: 'string', value: 'URL', help: 'another server than the one of the login' },
  'certificate-authority': { type: 'string', value: 'FILE', help: "authority of the server's certificate" },
  help: { type: 'boolean', short: 'h', help: 'this text' },
} as const satisfies Readonly<Record<string, Option>>;

const printOptions = (options: Readonly<Record<string, Option>>): string[] => {
  const rows = Object.entries(options).map(([name, { short, value, help, multiple }]) => {
    const flag = `${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`;
    return [flag, multiple === true ? `${help} (may be repeated)` : help] as const;
  });
  const width = Math.max(...rows.map(([flag]) => flag.length));
  return rows.map(([flag, help]) => `  ${flag.padEnd(width)}   ${help}`);
};

/** The help of one command. */
export const printCommandHelp = (command: Command): string => {
  const line = ['kubicle', command.name, ...(command.arguments ?? []), '[options]'].join(' ');
  return [
    command.summary,
    '',
    `Usage: ${line}`,
    ...(command.help === undefined ? [] : ['', command.help]),
    '',
    'Options:',
    ...printOptions({ ...command.options, ...COMMON_OPTIONS }),
    '',
  ].join('\n');
};

/** The commands that begin with these words (none: all), a line each. */
export const printOverview = (commands: readonly Command[], words: readonly string[]): string => {
  const prefix = words.join(' ');
  const wanted = commands.filter(
    ({ name }) => prefix === '' || name === prefix || name.startsWith(`${prefix} `),
  );
  const width = Math.max(...wanted.map(({ name }) => name.length));
  return [
    'Kubernetes clusters and exercises that run nowhere.',
    '',
    `Usage: kubicle ${prefix === '' ? 'COMMAND' : `${prefix} COMMAND`} [options]`,
    '',
    ...wanted.map(({ name, summary }) => `  ${name.padEnd(width)}   ${summary}`),
    '',
    'kubicle COMMAND --help tells more of one command.',
    '',
  ].join('\n');
};
