/** The write tool: one whole text file. */
import { z } from 'zod';
import { defineWorkspaceTool } from './tool-definition.ts';

export const writeTool = defineWorkspaceTool({
  name: 'write',
  description: [
    'Writes a whole text file in the worktree, replacing it if it exists and making missing folders.',
    'To change part of a file use edit.',
  ].join(' '),
  input: z.strictObject({
    path: z.string().min(1).describe('Path relative to the top folder of the worktree.'),
    content: z.string().describe('All of the new content.'),
  }),
  placement: 'local',
  whenInterrupted: 'report',
  async run({ path, content }, { workspace, root }) {
    const { bytes, created } = await workspace.writeFile(root, path, content);
    const text = `${created ? 'created' : 'replaced'} ${path} (${bytes} bytes)`;
    return { outcome: 'succeeded', text };
  },
});
