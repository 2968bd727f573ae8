/** The stages of `npm test`, in the order they run, and which of them the arguments ask for. */
import { SetupError } from './run-command.mjs';

/** @type {Readonly<Record<string, readonly [string, ...string[]]>>} */
export const checks = {
  format: ['oxfmt', '--check', '.'],
  lint: ['oxlint', '--type-aware', '--deny-warnings'],
  types: ['tsc'],
  'console-types': ['tsc', '-p', 'console'],
  'setup-types': ['tsc', '-p', 'setup'],
  'dead-code': ['knip'],
};

/** Projects of vitest.config.ts. */
export const testProjects = ['unit', 'integration', 'system', 'browser'];

export const usage = `npm test [-- --only STAGE,… | --skip STAGE,…]
Stages: ${[...Object.keys(checks), ...testProjects].join(', ')}`;

/**
 * @param {readonly string[]} args
 * @returns {ReadonlySet<string>}
 */
export function chooseStages(args) {
  const all = [...Object.keys(checks), ...testProjects];
  if (args.length === 0) return new Set(all);
  const [option, list = '', ...rest] = args;
  const named = list.split(',').filter((name) => name !== '');
  const unknown = named.filter((name) => !all.includes(name));
  if (
    (option !== '--only' && option !== '--skip') ||
    named.length === 0 ||
    unknown.length > 0 ||
    rest.length > 0
  ) {
    throw new SetupError(`Cannot read "${args.join(' ')}".\n${usage}`);
  }
  return new Set(all.filter((name) => named.includes(name) === (option === '--only')));
}
