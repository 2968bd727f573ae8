/** A way into every state in which a session waits for something. */
import {
  bash,
  driveSession,
  startWorking,
  turnOf,
  workToHandover,
  completeStep,
  completion,
  type DrivenSession,
} from './drive-session.ts';
import { createHandoff } from './inputs.ts';

function drive(play: (session: DrivenSession) => void): () => DrivenSession {
  return () => {
    const session = driveSession();
    play(session);
    return session;
  };
}

const acting = (name: string) =>
  drive((session) => {
    startWorking(session);
    // Tools that change files belong to the second step.
    completeStep(session, 'understand');
    session.done('callModel', turnOf([{ id: 'call-1', name }]));
  });

export const sessionScenes: Readonly<Record<string, () => DrivenSession>> = {
  queued: drive(() => undefined),
  preparing: drive((session) => session.send({ type: 'takeSlot' })),
  'thinking.calling': drive(startWorking),
  'acting.inspecting': acting('read'),
  'acting.changing': acting('edit'),
  'acting.commanding': drive((session) => {
    startWorking(session);
    session.done('callModel', turnOf([bash('call-1')]));
  }),
  'handingOver.recording': drive((session) => {
    startWorking(session);
    for (const step of ['understand', 'change', 'verify']) completeStep(session, step);
    session.done(
      'callModel',
      turnOf([completion('call-last', { handoff: { ...createHandoff() } })]),
    );
  }),
  'handingOver.delivering': drive(workToHandover),
  parked: drive((session) => {
    workToHandover(session);
    session.send({ type: 'park' });
  }),
  closing: drive((session) => {
    workToHandover(session);
    session.send({ type: 'park' });
    session.send({ type: 'complete', reason: 'merged as sha-2' });
  }),
};
