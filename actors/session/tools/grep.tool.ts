/** The grep tool: lines by content. */
import { z } from 'zod';
import { fitLines } from './text-budget.ts';
import { defineWorkspaceTool } from './tool-definition.ts';

export const grepTool = defineWorkspaceTool({
  name: 'grep',
  description: [
    'Searches the text files of the worktree for a POSIX extended regular expression and shows path:line:text.',
    'Ignored files, node_modules and .git are left out. Long lines are cut.',
  ].join(' '),
  input: z.strictObject({
    pattern: z
      .string()
      .min(1)
      .describe('POSIX extended: no \\d or lookaround; use [0-9] and [[:space:]].'),
    glob: z
      .string()
      .min(1)
      .optional()
      .describe('Only files whose path matches. Without a slash: in any folder, as *.ts.'),
  }),
  placement: 'local',
  whenInterrupted: 'repeat',
  async run({ pattern, glob }, { workspace, root, limits }) {
    const where = glob === undefined ? {} : { glob };
    const query = { pattern, ...where, limit: limits.maxHits };
    const { hits, truncated } = await workspace.searchText(root, query);
    if (hits.length === 0) return { outcome: 'succeeded', text: `no line matches ${pattern}` };
    const shown = fitLines(
      hits.map((hit) => `${hit.path}:${hit.line}:${hit.text}`),
      limits.maxTextBytes,
    );
    const more =
      truncated || shown.leftOut > 0 ? ['There are more; use a narrower search to see them.'] : [];
    return { outcome: 'succeeded', text: [...shown.lines, ...more].join('\n') };
  },
});
