/** The read tool: lines of one text file, numbered. */
import { z } from 'zod';
import { fitLines } from './text-budget.ts';
import { defineWorkspaceTool } from './tool-definition.ts';

const defaultLines = 2000;
const maxLines = 10_000;

export const readTool = defineWorkspaceTool({
  name: 'read',
  description: [
    'Shows lines of a text file in the worktree. Each line comes with its number and a tab, which are not part of',
    'the file.',
  ].join(' '),
  input: z.strictObject({
    path: z.string().min(1).describe('Path relative to the top folder of the worktree.'),
    offset: z.number().int().min(1).default(1).describe('Number of the first line to show.'),
    limit: z.number().int().min(1).max(maxLines).default(defaultLines).describe('How many lines.'),
  }),
  placement: 'local',
  whenInterrupted: 'repeat',
  async run({ path, offset, limit }, { workspace, root, limits }) {
    const slice = await workspace.readFile(root, path, { offset, limit });
    if (slice.totalLines === 0) return { outcome: 'succeeded', text: `${path} is empty` };
    const numbered = slice.text
      .split('\n')
      .map((line, index) => `${slice.firstLine + index}\t${line}`);
    const shown = fitLines(numbered, limits.maxTextBytes);
    const lastLine = slice.lastLine - shown.leftOut;
    const rest = lastLine < slice.totalLines ? `; read on with offset ${lastLine + 1}` : '';
    const headline = `${path}, lines ${slice.firstLine}-${lastLine} of ${slice.totalLines}${rest}`;
    return { outcome: 'succeeded', text: [headline, ...shown.lines].join('\n') };
  },
});
