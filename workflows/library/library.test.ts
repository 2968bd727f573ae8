import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatProblems } from '../language/problem.ts';
import { advanceWorkflow } from '../session/advance-workflow.ts';
import { reopenWorkflow } from '../session/reopen-workflow.ts';
import { startWorkflow } from '../session/start-workflow.ts';
import { renderSystemPrompt } from '../session/step-view.ts';
import type { WorkflowState } from '../session/workflow-state.ts';
import { listWorkflows, loadBundledWorkflow, loadWorkflowFile } from './library.ts';

const inputs = {
  sessionId: 's-1',
  goal: 'Mend the parser',
  repository: 'demo',
  branch: 'signalbox/s-1',
  baseBranch: 'main',
};
const rules = {
  validators: { handoff: () => ({ ok: true, value: { title: 'Done' } }) as const },
  examples: { handoff: { title: 'Mend it' } },
};
const notes = 'Did what the step asks, and looked at every exit code while doing so. '.repeat(2);

describe('the bundled library', () => {
  it('holds valid definitions only, each under its own id', async () => {
    const listed = await listWorkflows();
    expect(listed.map(({ id }) => id)).toEqual(['change']);
    const outcomes = listed.map((workflow) =>
      workflow.status === 'valid' ? workflow.definition.id : formatProblems(workflow.problems),
    );
    expect(outcomes).toEqual(['change']);
  });

  it('has "change", which runs to its handoff and comes back from review to its second step', async () => {
    const { definition, hash } = await loadBundledWorkflow('change');
    const started = startWorkflow(definition, inputs);
    expect(started.state.workflow).toEqual({ id: 'change', version: '1.0.0', hash });
    expect(renderSystemPrompt(definition, started.state)).toContain('worktree of demo');

    const finished = walk(started.state);
    expect(finished.visited).toEqual(['understand', 'change', 'verify', 'hand-over']);
    const reopened = reopenWorkflow(definition, finished.state, 'Name the constant');
    if (reopened.status !== 'reopened') throw new Error(reopened.reason);
    expect(walk(reopened.state).visited).toEqual(['change', 'verify', 'hand-over']);

    function walk(from: WorkflowState): {
      readonly state: WorkflowState;
      readonly visited: string[];
    } {
      const visited: string[] = [];
      let state = from;
      while (state.phase === 'running') {
        const step = definition.steps[state.stepIndex];
        visited.push(step?.id ?? '');
        const artifacts = step?.artifact === undefined ? undefined : { handoff: {} };
        const completion = { token: state.token, notes, artifacts };
        const answer = advanceWorkflow(definition, state, completion, rules);
        if (answer.status !== 'advanced') throw new Error(JSON.stringify(answer));
        state = answer.state;
      }
      return { state, visited };
    }
  });

  it('names the nearest workflow for an unknown id', async () => {
    await expect(loadBundledWorkflow('chnage')).rejects.toMatchObject({
      code: 'SB_NOT_FOUND',
      message: 'there is no workflow "chnage"',
      next: 'Did you mean "change"?',
    });
    await expect(loadBundledWorkflow('../library/change')).rejects.toMatchObject({
      code: 'SB_NOT_FOUND',
    });
  });
});

describe('a folder with a broken definition', () => {
  let folder = '';

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'signalbox-library-'));
    await writeFile(join(folder, 'bad.yaml'), 'id: bad\nversion: 1.0.0\ntitel: Bad\n');
    await writeFile(join(folder, 'notes.txt'), 'not a workflow');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('lists it as broken, with its problems', async () => {
    const listed = await listWorkflows(folder);
    expect(listed).toHaveLength(1);
    expect(listed[0]).toMatchObject({
      id: 'bad',
      status: 'broken',
      problems: expect.arrayContaining([
        expect.objectContaining({ line: 3, column: 1, suggestion: 'Did you mean "title"?' }),
      ]) as unknown,
    });
  });

  it('does not load it, and says every problem with its place and its fix', async () => {
    const file = join(folder, 'bad.yaml');
    await expect(loadBundledWorkflow('bad', folder)).rejects.toMatchObject({
      code: 'SB_WORKFLOW_INVALID',
      message: expect.stringContaining(
        `${file}:3:1 unknown key "titel" in the workflow\n  fix: Did you mean "title"?`,
      ) as unknown,
    });
  });

  it('says which file cannot be read', async () => {
    const file = join(folder, 'absent.yaml');
    await expect(loadWorkflowFile(file)).rejects.toMatchObject({
      code: 'SB_NOT_FOUND',
      message: expect.stringContaining(file) as unknown,
    });
  });
});
