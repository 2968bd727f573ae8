/** `npm test`: sets up what the suite needs, then runs its stages in order and stops at the first that fails. */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bootstrap, orExplain, root, say } from './bootstrap.mjs';
import { obtainChromium } from './chromium.mjs';
import { runCommand, SetupError } from './run-command.mjs';
import { checks, chooseStages, testProjects } from './stages.mjs';
import { countTests } from './test-report.mjs';

await orExplain(async () => {
  const chosen = chooseStages(process.argv.slice(2));
  await bootstrap();
  const total = { passed: 0, failed: 0 };
  for (const [name, command] of Object.entries(checks)) {
    if (!chosen.has(name) || total.failed > 0) continue;
    const ok = await runStage(name, command, process.env);
    total[ok ? 'passed' : 'failed'] += 1;
  }
  const projects = testProjects.filter((name) => chosen.has(name));
  if (projects.length > 0 && total.failed === 0) {
    const { passed, failed } = await runTests(projects);
    total.passed += passed;
    total.failed += failed;
  }
  console.log(`${total.passed} passed, ${total.failed} failed`);
  process.exitCode = total.failed > 0 ? 1 : 0;
});

/**
 * @param {string} name
 * @param {readonly [string, ...string[]]} command
 * @param {NodeJS.ProcessEnv} env
 */
async function runStage(name, [program, ...args], env) {
  console.log(`\n▶ ${name}: ${program} ${args.join(' ')}`);
  const begin = performance.now();
  const path = join(root, 'node_modules', '.bin', program);
  const { ok, ending } = await runCommand([path, ...args], { cwd: root, env, show: true });
  const seconds = ((performance.now() - begin) / 1000).toFixed(1);
  console.log(ok ? `✔ ${name} (${seconds} s)` : `✘ ${name}: ${ending} (${seconds} s)`);
  return ok;
}

/** @param {readonly string[]} projects */
async function runTests(projects) {
  const needsChromium = projects.includes('browser');
  const env = {
    ...process.env,
    NATS_SERVER: await obtainNatsServer(),
    ...(needsChromium ? { CHROMIUM: await obtainChromium(root, say) } : {}),
  };
  const reportFile = join(root, '.cache', 'test-report.json');
  mkdirSync(join(root, '.cache'), { recursive: true });
  rmSync(reportFile, { force: true });
  const ok = await runStage(
    'tests',
    [
      'vitest',
      'run',
      ...projects.flatMap((name) => ['--project', name]),
      '--reporter',
      'default',
      '--reporter',
      'json',
      '--outputFile.json',
      reportFile,
    ],
    env,
  );
  const counts = countTests(readReport(reportFile));
  return ok ? counts : { ...counts, failed: Math.max(counts.failed, 1) };
}

/**
 * @param {string} file
 * @returns {unknown}
 */
function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** @returns {Promise<string>} */
async function obtainNatsServer() {
  const module = join(root, 'dist', 'runtime', 'nats', 'server-binary', 'obtain-server-binary.js');
  /** @type {unknown} */
  const built = await import(pathToFileURL(module).href);
  const { obtainServerBinary } =
    /** @type {typeof import('../runtime/nats/server-binary/obtain-server-binary.ts')} */ (built);
  try {
    return await obtainServerBinary({
      configured: process.env.NATS_SERVER,
      env: process.env,
      cacheDir: join(homedir(), '.cache', 'signalbox'),
      log: say,
    });
  } catch (error) {
    if (!(error instanceof Error) || !('next' in error)) throw error;
    // A SignalboxError: its class is not at hand here.
    throw new SetupError(`${error.message}\n${String(error.next)}`);
  }
}
