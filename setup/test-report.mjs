/** Counts what vitest has reported, so that a file that did not load or a run that saw nothing is never a success. */

/**
 * @typedef {object} Counts
 * @property {number} passed
 * @property {number} failed
 */

/**
 * @param {unknown} report Vitest's JSON report, undefined when it wrote none.
 * @returns {Counts}
 */
export function countTests(report) {
  if (!isReport(report)) return { passed: 0, failed: 1 };
  const { numPassedTests: passed, numFailedTests: failedTests, testResults } = report;
  const brokenFiles = testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((assertion) => assertion.status === 'failed'),
  );
  const failed = failedTests + brokenFiles.length;
  const nothingWrong = failed === 0 && report.success && passed > 0;
  return { passed, failed: nothingWrong ? 0 : Math.max(failed, 1) };
}

/**
 * @typedef {object} Report
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {boolean} success
 * @property {{ status: string, assertionResults: { status: string }[] }[]} testResults
 */

/**
 * @param {unknown} value
 * @returns {value is Report}
 */
function isReport(value) {
  return (
    typeof value === 'object' &&
    value !== null &&
    'testResults' in value &&
    Array.isArray(value.testResults)
  );
}
