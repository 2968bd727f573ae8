import { describe, expect, it } from 'vitest';
import {
  bash,
  completeStep,
  completion,
  driveSession,
  handOver,
  readUnsaid,
  slotAsked,
  slotReleased,
  startWorking,
  turnOf,
  workToHandover,
} from '../testing/drive-session.ts';
import type { Reaction, Told } from '../testing/drive-machine.ts';
import { changeWorkflow, createHandoff, worktree } from '../testing/inputs.ts';
import { callModelSchema } from './session.effects.ts';
import { maxWaitingSteers } from './session.context.ts';

/** Typed: what vitest returns here is `any`. */
const containing = (text: string): unknown => expect.stringContaining(text);

const typesOf = (events: readonly Told[]) => events.map(({ type }) => type);
const steer = (text: string, request?: string) => ({
  type: 'steer',
  text,
  from: 'Ada',
  ...(request === undefined ? {} : { request }),
});
const toolsOf = (reaction: Reaction) => callModelSchema.parse(reaction.started[0]?.input).tools;

describe('a session through the bundled workflow', () => {
  it('queues, prepares, works step by step, hands over and parks', () => {
    const session = driveSession();
    expect(session.opening.sent).toEqual([slotAsked]);
    expect(session.send({ type: 'takeSlot' }).started).toEqual([
      {
        source: 'prepareWorktree',
        input: {
          repository: '/repository',
          origin: '/origin.git',
          baseBranch: 'main',
          branch: worktree.branch,
          path: worktree.path,
        },
      },
    ]);
    const first = session.done('prepareWorktree', worktree);
    expect(first.events).toEqual([
      { type: 'stepStarted', step: 'understand', title: 'Understand', index: 0, of: 4, round: 0 },
    ]);
    expect(readUnsaid(first)[0]).toContain('Make slugify keep digits');

    const command = session.done('callModel', turnOf([bash('call-1')]));
    expect(session.state()).toBe('acting.commanding');
    expect(command.started).toEqual([
      {
        source: 'runCommand',
        input: { session: 'run-1::session', root: worktree.path, toolCallId: 'call-1' },
      },
    ]);
    const ran = session.done('runCommand', {
      tool: 'bash',
      outcome: 'succeeded',
      exitCode: 0,
      durationMs: 5,
    });
    expect(ran.events).toEqual([
      {
        type: 'toolFinished',
        tool: 'bash',
        toolCall: 'call-1',
        outcome: 'succeeded',
        exitCode: 0,
        durationMs: 5,
      },
    ]);
    // The effect has written the result into the transcript: nothing is left to say.
    expect(readUnsaid(ran)).toEqual([]);

    expect(typesOf(completeStep(session, 'understand').events)).toEqual([
      'modelCalled',
      'stepCompleted',
      'stepStarted',
    ]);
    completeStep(session, 'change');
    completeStep(session, 'verify');
    const handedOver = handOver(session, 'first');
    expect(session.state()).toBe('handingOver.delivering');
    expect(handedOver.sent).toEqual([
      {
        to: 'coordinator/run-1',
        body: {
          type: 'receiveHandoff',
          session: 'run-1::session',
          round: 0,
          handoff: createHandoff(),
          worktree,
          answered: [],
        },
      },
    ]);
    const parked = session.send({ type: 'park' });
    expect(session.state()).toBe('parked');
    expect(session.pending()).toEqual([]);
    expect(parked.sent).toEqual([slotReleased]);

    const closing = session.send({ type: 'complete', reason: 'merged as sha-2' });
    expect(closing.started.map(({ source }) => source)).toEqual(['removeWorktree']);
    expect(typesOf(session.done('removeWorktree').events)).toEqual([
      'worktreeRemoved',
      'sessionCompleted',
      'actorEnded',
    ]);
    expect(session.output()).toEqual({ outcome: 'completed', reason: 'merged as sha-2' });
  });

  it('offers each step its own tools and complete_step', () => {
    const session = driveSession();
    expect(toolsOf(startWorking(session))).toEqual([
      'bash',
      'read',
      'glob',
      'grep',
      'complete_step',
    ]);
    expect(toolsOf(completeStep(session, 'understand'))).toContain('edit');
    completeStep(session, 'change');
    expect(toolsOf(completeStep(session, 'verify'))).not.toContain('edit');
  });

  it('never shows a later step before its time', () => {
    const session = driveSession();
    const titles = changeWorkflow.steps.map(({ title }) => title);
    const markers = changeWorkflow.steps.map(({ prompt }) => prompt.trim().split('\n')[0] ?? '');
    const names = ['understand', 'change', 'verify'];
    let reaction = startWorking(session);
    for (let index = 0; index < changeWorkflow.steps.length; index += 1) {
      const seen = JSON.stringify(reaction.started);
      expect(seen).toContain(`# ${titles[index]} (step ${index + 1} of 4)`);
      const known = markers.slice(0, index + 1);
      const later = [
        ...titles.slice(index + 1).map((title) => `# ${title}`),
        ...markers.slice(index + 1).filter((marker) => !known.includes(marker)),
      ];
      expect(later.filter((text) => seen.includes(text))).toEqual([]);
      const name = names[index];
      if (name !== undefined) reaction = completeStep(session, name);
    }
  });
});

describe('steps cannot be skipped', () => {
  it('refuses a second, different completion in the same turn', () => {
    const session = driveSession();
    startWorking(session);
    const second = completion('call-2', {
      notes: `And the second step, too: ${'done '.repeat(30)}`,
    });
    const reaction = session.done('callModel', turnOf([completion('call-1'), second]));
    expect(session.context().workflow.stepIndex).toBe(1);
    expect(typesOf(reaction.events)).toEqual([
      'modelCalled',
      'stepCompleted',
      'stepStarted',
      'toolFinished',
    ]);
    expect(readUnsaid(reaction)).toEqual([
      'The step is complete.',
      containing('# Make the change (step 2 of 4)'),
      containing('Refused:'),
    ]);
  });

  it('answers the same completion twice in one turn without anything happening again', () => {
    const session = driveSession();
    startWorking(session);
    const reaction = session.done(
      'callModel',
      turnOf([completion('call-1'), completion('call-2')]),
    );
    expect(session.context().workflow.stepIndex).toBe(1);
    expect(reaction.events.filter(({ type }) => type === 'stepCompleted')).toEqual([
      expect.objectContaining({ step: 'understand' }),
    ]);
    expect(readUnsaid(reaction).filter((text) => text.includes('step 2 of 4'))).toHaveLength(1);
    expect(readUnsaid(reaction).filter((text) => text === 'The step is complete.')).toHaveLength(2);
  });

  it('counts the same blocked completion of one turn once', () => {
    const session = driveSession();
    startWorking(session);
    const short = (id: string) => completion(id, { notes: 'Looked around here.' });
    const reaction = session.done('callModel', turnOf([short('call-1'), short('call-2')]));
    expect(session.context().workflow.blocked).toBe(1);
    expect(typesOf(reaction.events)).toEqual(['modelCalled', 'stepBlocked']);
  });

  it('says what is missing, and gives up after the last attempt without running what is left', () => {
    const session = driveSession();
    startWorking(session);
    for (let attempt = 1; attempt < 5; attempt += 1) {
      const blocked = session.done(
        'callModel',
        turnOf([completion(`call-${attempt}`, { notes: 'Done.' })]),
      );
      expect(readUnsaid(blocked)[0]).toContain(`attempt ${attempt} of 5`);
    }
    const last = session.done(
      'callModel',
      turnOf([completion('call-5', { notes: 'Done.' }), bash('call-6')]),
    );
    expect(last.started).toEqual([]);
    expect(session.output()).toMatchObject({ outcome: 'failed', code: 'stepExhausted' });
  });

  it('blocks a handoff that is not one', () => {
    const session = driveSession();
    startWorking(session);
    for (const step of ['understand', 'change', 'verify']) completeStep(session, step);
    const handoff = { ...createHandoff(), filesChanged: [] };
    const reaction = session.done('callModel', turnOf([completion('call-4', { handoff })]));
    expect(session.state()).toBe('thinking.calling');
    expect(readUnsaid(reaction)[0]).toContain('filesChanged');
  });

  it('fails a session whose workflow ends without a handoff, rather than leaving it stuck', () => {
    const step = { id: 'look', title: 'Look', prompt: 'Look around.', notes: { minLength: 20 } };
    const session = driveSession({
      workflow: { ...changeWorkflow, reworkFrom: 'look', steps: [step] },
    });
    startWorking(session);
    completeStep(session, 'look');
    expect(session.output()).toMatchObject({ outcome: 'failed', code: 'handoffFailed' });
  });
});

describe('tool calls', () => {
  it('answers calls that cannot be carried out and goes on', () => {
    const session = driveSession();
    startWorking(session);
    const problem = 'There is no tool named "browse".';
    const reaction = session.done(
      'callModel',
      turnOf([{ id: 'call-1', name: 'browse', problem }, bash('call-2')]),
    );
    expect(reaction.events).toContainEqual({
      type: 'toolFinished',
      tool: 'browse',
      toolCall: 'call-1',
      outcome: 'failed',
      durationMs: 0,
    });
    expect(session.state()).toBe('acting.commanding');
    const next = session.done('runCommand', {
      tool: 'bash',
      outcome: 'failed',
      exitCode: 1,
      durationMs: 5,
    });
    expect(readUnsaid(next)).toEqual([problem]);
  });

  it('runs the calls of a turn one after the other, in their order', () => {
    const session = driveSession();
    startWorking(session);
    session.done(
      'callModel',
      turnOf([{ id: 'call-1', name: 'read' }, bash('call-2'), { id: 'call-3', name: 'grep' }]),
    );
    const seen = [];
    for (const source of ['inspectFiles', 'runCommand', 'inspectFiles']) {
      seen.push([source, session.context().calls[0]?.id]);
      expect(session.pending()).toEqual([source]);
      session.done(source, { tool: 'x', outcome: 'succeeded', durationMs: 1 });
    }
    expect(seen).toEqual([
      ['inspectFiles', 'call-1'],
      ['runCommand', 'call-2'],
      ['inspectFiles', 'call-3'],
    ]);
    expect(session.state()).toBe('thinking.calling');
  });

  it('reports an interrupted command to the agent and does not run it again', () => {
    const session = driveSession();
    startWorking(session);
    session.done('callModel', turnOf([bash('call-1')]));
    const reaction = session.failed('runCommand', {
      code: 'SB_EFFECT_INTERRUPTED',
      message: 'the worker died',
    });
    expect(reaction.events).toEqual([
      { type: 'toolFinished', tool: 'bash', toolCall: 'call-1', outcome: 'interrupted' },
    ]);
    expect(reaction.started.map(({ source }) => source)).toEqual(['callModel']);
    expect(reaction.started[0]?.input).toMatchObject({
      unsaid: [{ id: 'result-call-1', item: { outcome: 'interrupted', toolCallId: 'call-1' } }],
    });
  });

  it.each(['SB_EFFECT_DEADLINE', 'SB_NATS_UNAVAILABLE', 'SB_STORAGE_FULL'])(
    'does not claim that a command failed when its result was lost (%s)',
    (code) => {
      const session = driveSession();
      startWorking(session);
      session.done('callModel', turnOf([bash('call-1')]));
      const reaction = session.failed('runCommand', {
        code,
        message: 'the store is away',
        retryable: true,
      });
      expect(reaction.started[0]?.input).toMatchObject({
        unsaid: [{ item: { outcome: 'interrupted' } }],
      });
    },
  );

  it('says why a tool could not run', () => {
    const session = driveSession();
    startWorking(session);
    session.done('callModel', turnOf([{ id: 'call-1', name: 'read' }]));
    const reaction = session.failed('inspectFiles', { message: 'there is no tool call call-1' });
    expect(readUnsaid(reaction)).toEqual([
      'The tool could not do this: there is no tool call call-1.',
    ]);
  });
});

describe('steering', () => {
  it('reaches a running session at the next turn boundary, exactly once', () => {
    const session = driveSession();
    startWorking(session);
    expect(session.send(steer('Use tabs.')).started).toEqual([]);
    const next = session.done('callModel', turnOf([bash('call-1')]));
    expect(next.started.map(({ source }) => source)).toEqual(['runCommand']);
    session.send(steer('And semicolons.'));
    const boundary = session.done('runCommand', {
      tool: 'bash',
      outcome: 'succeeded',
      durationMs: 1,
    });
    expect(readUnsaid(boundary)).toEqual([
      'A message for you from Ada:\n\nUse tabs.',
      'A message for you from Ada:\n\nAnd semicolons.',
    ]);
    const after = session.done('callModel', turnOf([completion('call-2')]));
    expect(readUnsaid(after).join('\n')).not.toContain('Use tabs.');
  });

  it('wakes a parked session: queued, then a slot, then the rework prompt', () => {
    const session = driveSession();
    workToHandover(session);
    session.send({ type: 'park' });
    const woken = session.send(steer('Rename it to toSlug.', 'review-1'));
    expect(session.state()).toBe('queued');
    expect(woken.sent).toEqual([slotAsked]);
    const thinking = session.send({ type: 'takeSlot' });
    expect(session.state()).toBe('thinking.calling');
    const [answer, prompt, ...others] = readUnsaid(thinking);
    expect(answer).toBe('The step is complete.');
    expect(others).toEqual([]);
    expect(prompt).toContain('# Make the change');
    expect(prompt).toContain('> Rename it to toSlug.');
    completeStep(session, 'change-again');
    completeStep(session, 'verify-again');
    expect(handOver(session, 'second').sent[0]?.body).toMatchObject({
      round: 1,
      answered: ['review-1'],
    });
  });

  it('waits while a handover is being delivered, and wakes the session when it is told to park', () => {
    const session = driveSession();
    workToHandover(session);
    const waiting = session.send(steer('One more thing.'));
    expect(session.state()).toBe('handingOver.delivering');
    expect(waiting.sent).toEqual([]);
    const parked = session.send({ type: 'park' });
    expect(session.state()).toBe('queued');
    expect(parked.sent.map(({ body }) => body.type)).toEqual(['releaseSlot', 'requestSlot']);
    expect(readUnsaid(session.send({ type: 'takeSlot' })).at(-1)).toContain('> One more thing.');
  });

  it('names in a handoff only the requests that the agent had read', () => {
    const session = driveSession();
    startWorking(session);
    for (const step of ['understand', 'change', 'verify']) completeStep(session, step);
    session.done(
      'callModel',
      turnOf([completion('call-last', { handoff: { ...createHandoff() } })]),
    );
    session.send(steer('Too late for this round.', 'review-1'));
    const delivered = session.done('recordHandoff', { blob: 'runs/run-1/handoff-0.json' });
    expect(delivered.sent[0]?.body).toMatchObject({ answered: [] });
  });

  it('shows a reason that is too long for the step once more, whole', () => {
    const session = driveSession();
    workToHandover(session);
    session.send({ type: 'park' });
    const text = `Rename it. ${'Because of this. '.repeat(800)}The end.`;
    session.send(steer(text));
    const told = readUnsaid(session.send({ type: 'takeSlot' }));
    expect(told.at(-2)).toContain('(cut here: the reason is longer)');
    expect(told.at(-1)).toBe(`A message for you from Ada:\n\n${text}`);
  });

  it('refuses a steer that cannot reopen the session, and tells the coordinator when an actor asked', () => {
    const { reworkFrom: _, ...once } = changeWorkflow;
    const session = driveSession({ workflow: once });
    workToHandover(session);
    session.send({ type: 'park' });
    const person = session.send(steer('Once more.'));
    expect(typesOf(person.events)).toContain('steerRefused');
    expect(person.sent.some(({ body }) => body.type === 'reworkRefused')).toBe(false);
    const asked = session.send(steer('Once more.', 'review-1'));
    expect(session.state()).toBe('parked');
    expect(asked.sent).toContainEqual({
      to: 'coordinator/run-1',
      body: {
        type: 'reworkRefused',
        session: 'run-1::session',
        reason: containing('reworkFrom'),
      },
    });
  });

  it('refuses messages of people beyond a limit, and never those of the run', () => {
    const session = driveSession();
    for (let count = 0; count < maxWaitingSteers; count += 1)
      session.send(steer(`message ${count}`));
    expect(typesOf(session.send(steer('one too many')).events)).toEqual(['steerRefused']);
    expect(typesOf(session.send(steer('the tests fail', 'proof-1')).events)).toEqual(['steered']);
  });

  it('refuses a steer while it cleans up', () => {
    const session = driveSession();
    workToHandover(session);
    session.send({ type: 'park' });
    session.send({ type: 'complete', reason: 'merged' });
    expect(typesOf(session.send(steer('Wait!')).events)).toEqual(['steerRefused']);
  });
});
