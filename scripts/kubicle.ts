#!/usr/bin/env node
/** The command line of Kubicle: `npx kubicle` in a checkout. The commands are a table in `cli/commands.ts`. */

import { run } from './cli/run.ts';

const { exitCode, output, error } = await run(process.argv.slice(2), process.env);
process.stdout.write(output);
process.stderr.write(error);
process.exitCode = exitCode;
