import { describe, expect, it } from 'vitest';
import {
  bash,
  completeStep,
  completion,
  driveSession,
  readUnsaid,
  startWorking,
  turnOf,
  slotReleased,
  workToHandover,
} from '../testing/drive-session.ts';
import { sessionScenes } from '../testing/session-scenes.ts';
import { maxIdleTurns } from './session.context.ts';
import { defaultSessionLimits } from './session.schema.ts';

const scenes = Object.entries(sessionScenes);

describe('a queue without room', () => {
  it('ends the session with a reason of its own', () => {
    const session = driveSession();
    const ended = session.send({ type: 'refuseSlot', reason: '2000 wait already' });
    expect(ended.events).toContainEqual({
      type: 'sessionFailed',
      code: 'queueFull',
      reason: '2000 wait already',
    });
    expect(ended.sent).toEqual([slotReleased]);
  });
});

describe('kill', () => {
  it.each(scenes)('ends a session that is %s', (state, enter) => {
    const session = enter();
    expect(session.state()).toBe(state);
    const underWay = session.pending();
    const reaction = session.send({ type: 'kill', reason: 'enough' });
    expect(session.state()).toBe('killed');
    expect(session.output()).toEqual({ outcome: 'killed', reason: 'enough' });
    expect(reaction.cancelled).toEqual(underWay);
    expect(reaction.started).toEqual([]);
    expect(session.pending()).toEqual([]);
    expect(reaction.sent).toEqual([slotReleased]);
    expect(reaction.events).toContainEqual({ type: 'sessionKilled', reason: 'enough' });
  });

  it('leaves nothing that could be killed again', () => {
    const session = driveSession();
    session.send({ type: 'kill', reason: 'enough' });
    expect(session.send({ type: 'kill', reason: 'again' }).refused).toBe('actorEnded');
    expect(session.send({ type: 'steer', text: 'Wait', from: 'Ada' }).refused).toBe('actorEnded');
  });
});

describe('complete', () => {
  it.each(scenes)('cleans up after a session that is %s', (state, enter) => {
    const session = enter();
    const underWay = session.pending();
    const reaction = session.send({ type: 'complete', reason: 'merged' });
    expect(session.state()).toBe('closing');
    expect(session.pending()).toEqual(['removeWorktree']);
    expect(reaction.cancelled).toEqual(state === 'closing' ? [] : underWay);
    const ended = session.done('removeWorktree');
    expect(session.output()).toMatchObject({ outcome: 'completed' });
    expect(ended.sent).toEqual([slotReleased]);
  });

  it('is not undone by a worktree that cannot be removed', () => {
    const session = driveSession();
    workToHandover(session);
    session.send({ type: 'complete', reason: 'merged' });
    const ended = session.failed('removeWorktree', { message: 'the folder is busy' });
    expect(ended.events).toContainEqual({
      type: 'worktreeKept',
      worktree: '/worktrees/run-1',
      reason: 'the folder is busy',
    });
    expect(session.output()).toEqual({ outcome: 'completed', reason: 'merged' });
  });
});

describe('caps', () => {
  it('stops before a model call beyond the turns', () => {
    const session = driveSession({ limits: { ...defaultSessionLimits, maxTurns: 2 } });
    startWorking(session);
    completeStep(session, 'understand');
    const last = session.done('callModel', turnOf([bash('call-1')]));
    expect(last.started.map(({ source }) => source)).toEqual(['runCommand']);
    const ended = session.done('runCommand', { tool: 'bash', outcome: 'succeeded', durationMs: 1 });
    expect(ended.started).toEqual([]);
    expect(session.output()).toMatchObject({ outcome: 'failed', code: 'turnLimit' });
  });

  it('stops before a model call beyond the tokens, all calls together', () => {
    const session = driveSession({ limits: { ...defaultSessionLimits, maxTokens: 300 } });
    startWorking(session);
    completeStep(session, 'understand');
    completeStep(session, 'change');
    expect(session.state()).toBe('thinking.calling');
    const ended = completeStep(session, 'verify');
    expect(ended.started).toEqual([]);
    expect(session.context().usage).toEqual({ inputTokens: 300, outputTokens: 30 });
    expect(session.output()).toMatchObject({ outcome: 'failed', code: 'tokenLimit' });
  });

  it('counts the turns before a rework, too', () => {
    const session = driveSession({ limits: { ...defaultSessionLimits, maxTurns: 5 } });
    workToHandover(session);
    session.send({ type: 'park' });
    session.send({ type: 'steer', text: 'Once more.', from: 'Ada' });
    session.send({ type: 'takeSlot' });
    expect(session.state()).toBe('thinking.calling');
    completeStep(session, 'again');
    expect(session.output()).toMatchObject({ code: 'turnLimit' });
  });

  it('lets a session hand over that has used its last turn for it', () => {
    const session = driveSession({ limits: { ...defaultSessionLimits, maxTurns: 4 } });
    workToHandover(session);
    expect(session.state()).toBe('handingOver.delivering');
  });
});

describe('a session that does not complete', () => {
  const kept = {
    type: 'worktreeKept',
    worktree: '/worktrees/run-1',
    reason: 'what the session has done, committed or not, is there on branch signalbox/run-1',
  };
  const hasWorktree = (state: string): boolean =>
    !['queued', 'preparing', 'closing'].includes(state);

  it.each(scenes)('says where its work is when it is killed while %s', (state, enter) => {
    const { events } = enter().send({ type: 'kill', reason: 'enough' });
    expect(events).toEqual([
      ...(hasWorktree(state) ? [kept] : []),
      { type: 'sessionKilled', reason: 'enough' },
      expect.objectContaining({ type: 'actorEnded' }),
    ]);
  });

  it('says where its work is when a cap ends it, and removes nothing', () => {
    const session = driveSession({ limits: { ...defaultSessionLimits, maxTurns: 1 } });
    startWorking(session);
    session.done('callModel', turnOf([bash('call-1')]));
    const ended = session.done('runCommand', { tool: 'bash', outcome: 'succeeded', durationMs: 1 });
    expect(ended.events).toContainEqual(kept);
    expect(ended.events).toContainEqual(
      expect.objectContaining({ type: 'sessionFailed', code: 'turnLimit' }),
    );
    expect(ended.started).toEqual([]);
  });
});

describe('an agent that only talks', () => {
  it('is nudged, and stalls after several turns', () => {
    const session = driveSession();
    startWorking(session);
    for (let turn = 1; turn < maxIdleTurns; turn += 1) {
      const nudged = session.done('callModel', turnOf([]));
      expect(nudged.started[0]?.input).toMatchObject({ unsaid: [{ item: { source: 'nudge' } }] });
    }
    expect(session.done('callModel', turnOf([])).started).toEqual([]);
    expect(session.output()).toMatchObject({ outcome: 'failed', code: 'stalled' });
  });

  it('starts afresh after a turn with a call', () => {
    const session = driveSession();
    startWorking(session);
    session.done('callModel', turnOf([]));
    session.done('callModel', turnOf([]));
    session.done('callModel', turnOf([bash('call-1')]));
    session.done('runCommand', { tool: 'bash', outcome: 'succeeded', durationMs: 1 });
    session.done('callModel', turnOf([]));
    expect(session.state()).toBe('thinking.calling');
  });

  it('gets what was said to it in place of a nudge', () => {
    const session = driveSession();
    startWorking(session);
    session.send({ type: 'steer', text: 'Look at slugify.', from: 'Ada' });
    const next = session.done('callModel', turnOf([]));
    expect(readUnsaid(next)).toEqual(['A message for you from Ada:\n\nLook at slugify.']);
  });
});

describe('failures', () => {
  it('says why there is no worktree', () => {
    const session = driveSession();
    session.send({ type: 'takeSlot' });
    const ended = session.failed('prepareWorktree', {
      code: 'SB_GIT_FAILED',
      message: 'no branch main',
    });
    expect(session.output()).toEqual({
      outcome: 'failed',
      code: 'worktreeFailed',
      reason: 'no branch main (SB_GIT_FAILED)',
    });
    expect(ended.sent).toEqual([slotReleased]);
  });

  it('says why the model did not answer', () => {
    const session = driveSession();
    startWorking(session);
    session.failed('callModel', {
      code: 'SB_MODEL_AUTHENTICATION',
      message: 'the key is not valid',
      next: 'Check it.',
    });
    expect(session.output()).toEqual({
      outcome: 'failed',
      code: 'modelFailed',
      reason: 'the key is not valid (SB_MODEL_AUTHENTICATION). Check it.',
    });
  });

  it('does not take a refusal for an answer', () => {
    const session = driveSession();
    startWorking(session);
    session.done('callModel', turnOf([completion('call-1')], { stopReason: 'refusal' }));
    expect(session.output()).toMatchObject({ outcome: 'failed', code: 'modelRefused' });
  });

  it('says why the handoff could not be kept', () => {
    const session = sessionScenes['handingOver.recording']?.();
    const ended = session?.failed('recordHandoff', { code: 'SB_STORAGE_FULL', message: 'no room' });
    expect(session?.output()).toMatchObject({ outcome: 'failed', code: 'handoffFailed' });
    expect(ended?.sent).toEqual([slotReleased]);
  });

  it('has a reason of its own for every way to end', () => {
    const ends = [
      play((session) => {
        session.send({ type: 'takeSlot' });
        session.failed('prepareWorktree');
      }),
      play((session) => {
        startWorking(session);
        session.failed('callModel');
      }),
      play((session) => {
        startWorking(session);
        session.done('callModel', turnOf([], { stopReason: 'refusal' }));
      }),
      play((session) => {
        startWorking(session);
        for (let turn = 0; turn < maxIdleTurns; turn += 1) session.done('callModel', turnOf([]));
      }),
      play((session) => session.send({ type: 'kill', reason: 'enough' })),
      play((session) => {
        session.send({ type: 'complete', reason: 'merged' });
        session.done('removeWorktree');
      }),
    ];
    expect(new Set(ends.map((end) => JSON.stringify(end))).size).toBe(ends.length);
    for (const end of ends) expect(end).toHaveProperty('reason', expect.stringMatching(/\S/));
  });
});

function play(way: (session: ReturnType<typeof driveSession>) => void): unknown {
  const session = driveSession();
  way(session);
  return session.output();
}
