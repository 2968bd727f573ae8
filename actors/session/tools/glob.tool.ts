/** The glob tool: files by name. */
import { z } from 'zod';
import { fitLines } from './text-budget.ts';
import { defineWorkspaceTool } from './tool-definition.ts';

export const globTool = defineWorkspaceTool({
  name: 'glob',
  description: [
    'Lists files of the worktree whose path matches a pattern: * within a folder, ** across folders, {a,b} for',
    'alternatives, as in src/**/*.{ts,js}. node_modules and .git are left out.',
  ].join(' '),
  input: z.strictObject({
    pattern: z.string().min(1).describe('Relative to the top folder of the worktree.'),
  }),
  placement: 'local',
  whenInterrupted: 'repeat',
  async run({ pattern }, { workspace, root, limits }) {
    const { paths, truncated } = await workspace.findFiles(root, pattern, limits.maxHits);
    if (paths.length === 0) return { outcome: 'succeeded', text: `no file matches ${pattern}` };
    const shown = fitLines(paths, limits.maxTextBytes);
    const more =
      truncated || shown.leftOut > 0 ? ['There are more; use a narrower pattern to see them.'] : [];
    return { outcome: 'succeeded', text: [...shown.lines, ...more].join('\n') };
  },
});
