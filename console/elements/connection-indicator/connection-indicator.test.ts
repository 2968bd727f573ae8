import { describe, expect, it } from 'vitest';
import { describeConnection, staleAfterMs } from './describe-connection.ts';

const now = 1_000_000;

describe('describeConnection', () => {
  it('is live as long as the connection is, however quiet it is', () => {
    const words = describeConnection({ phase: 'live', sinceMs: 0 }, now - 10 * staleAfterMs, now);
    expect(words).toMatchObject({ tone: 'good', label: 'Live' });
  });

  it('says since when it tries to reconnect, and why', () => {
    const state = { phase: 'reconnecting', sinceMs: now - 3_000, reason: 'socket closed' } as const;
    const words = describeConnection(state, now - 2_000, now);
    expect(words.label).toMatch(/^Reconnecting since \d\d:\d\d:\d\d$/u);
    expect(words.detail).toContain('socket closed');
  });

  it('is stale when nothing at all has been heard for a while', () => {
    const state = { phase: 'reconnecting', sinceMs: now, reason: 'refused' } as const;
    const words = describeConnection(state, now - staleAfterMs - 1, now);
    expect(words.label).toMatch(/^Stale since/u);
    expect(words.tone).toBe('bad');
  });

  it('names the reason when there is no live connection to have', () => {
    const state = { phase: 'polling', sinceMs: now, reason: 'no WebSocket listener' } as const;
    expect(describeConnection(state, now, now).detail).toContain('no WebSocket listener');
  });
});
