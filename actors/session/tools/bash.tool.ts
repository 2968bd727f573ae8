/** The bash tool: one shell command in the worktree. How its result reads is command-report.ts. */
import { z } from 'zod';
import { reportCommand } from './command-report.ts';
import { defineWorkspaceTool } from './tool-definition.ts';

/** Most builds and test runs; a longer one is asked for. */
const defaultTimeoutMs = 120_000;
const maxTimeoutMs = 30 * 60_000;

export const bashTool = defineWorkspaceTool({
  name: 'bash',
  description: [
    'Runs a shell command in the top folder of the worktree and shows its exit code, stdout and stderr.',
    'Each command starts afresh: folder and variables do not carry over. There is no terminal and no input.',
    'Processes left in the background are ended with the command.',
    'Long output is shown in part: its beginning and its end.',
  ].join(' '),
  input: z.strictObject({
    command: z.string().regex(/\S/u, 'must not be empty').describe('The command, for bash -c.'),
    timeoutMs: z
      .number()
      .int()
      .min(1000)
      .max(maxTimeoutMs)
      .default(defaultTimeoutMs)
      .describe('Deadline in milliseconds, after which the command is ended.'),
  }),
  placement: 'pool',
  whenInterrupted: 'report',
  async run({ command, timeoutMs }, context) {
    const { root, limits, signal } = context;
    const { maxCapturedBytes } = limits;
    const request = { root, command, timeoutMs, maxCapturedBytes };
    const result = await context.workspace.runCommand(request, signal);
    return reportCommand(result, context);
  },
});
