/** The edit tool: replaces exact text in one file. */
import { z } from 'zod';
import { defineWorkspaceTool } from './tool-definition.ts';

export const editTool = defineWorkspaceTool({
  name: 'edit',
  description: [
    'Replaces text in a file of the worktree. oldText must be exactly what the file holds, without the line numbers',
    'that read shows, and must be found once unless all is set. Line ends of the file are kept.',
  ].join(' '),
  input: z
    .strictObject({
      path: z.string().min(1).describe('Path relative to the top folder of the worktree.'),
      oldText: z.string().min(1).describe('The text to replace.'),
      newText: z.string().describe('What to put in its place.'),
      all: z.boolean().default(false).describe('Replace every occurrence.'),
    })
    .refine(({ oldText, newText }) => oldText !== newText, {
      path: ['newText'],
      message: 'is the same as oldText',
    }),
  placement: 'local',
  whenInterrupted: 'report',
  async run({ path, oldText, newText, all }, { workspace, root }) {
    const { replacements } = await workspace.editFile(root, path, { oldText, newText, all });
    const times = replacements === 1 ? 'once' : `${replacements} times`;
    return { outcome: 'succeeded', text: `edited ${path}: replaced ${times}` };
  },
});
