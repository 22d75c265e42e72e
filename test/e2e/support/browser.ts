import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** The browser of this machine: `KUBICLE_CHROMIUM`, or Chromium on the PATH. Throws when there is none. */
export const openBrowser = (): Promise<Browser> => {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const paths = folders.flatMap((folder) => NAMES.map((name) => join(folder, name)));
  const executablePath = process.env['KUBICLE_CHROMIUM'] ?? paths.find(isProgram);
  if (executablePath === undefined) throw new Error('no Chromium on the PATH or in KUBICLE_CHROMIUM');
  // Containers have no user namespaces for the browser's own sandbox; it only opens our pages.
  return chromium.launch({ executablePath, args: ['--no-sandbox'] });
};
