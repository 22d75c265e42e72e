// Prints "passed failed" of a vitest JSON report; "0 0" when there is none.
import { existsSync, readFileSync } from 'node:fs';

const [file] = process.argv.slice(2);
const report = file !== undefined && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
const { numPassedTests = 0, numFailedTests = 0, testResults = [] } = report;
// A file that could not be loaded has no tests to fail.
const broken = testResults.filter(
  (result) => result.status === 'failed' && result.assertionResults.length === 0,
);
console.log(numPassedTests, numFailedTests + broken.length);
