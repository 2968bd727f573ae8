/** What a user of the runtime needs to test actors of their own. The second of the two barrels. */
export { createTestRuntime, type TestRuntime, type TestRuntimeOptions } from './test-runtime.ts';
