import { describe, expect, it } from 'vitest';
import { SignalboxError } from '../runtime/contract/errors.ts';
import { gatewayReplySchema, maxSteerLength } from '../runtime/contract/live.ts';
import { handleGatewayCommand } from './commands.ts';
import { createRecordedCommands } from './testing/recorded-commands.ts';

const commandId = '4f9f1f3e-6f4c-4f0e-9a51-0d5b8f3f7c11';
const session = 'run-0011223344556677::session';
const steer = { type: 'steerSession', commandId, session, text: '  use the other branch ' };

describe('handleGatewayCommand', () => {
  it('delivers a steering text to the session it names', async () => {
    const commands = createRecordedCommands();
    const reply = await handleGatewayCommand(steer, commands);
    expect(reply).toEqual({ status: 'accepted', commandId });
    expect(commands.stored).toEqual([
      {
        address: { kind: 'session', id: session },
        body: { type: 'steer', text: 'use the other branch', from: 'console' },
        commandId,
      },
    ]);
  });

  it('delivers a kill with its reason', async () => {
    const commands = createRecordedCommands();
    await handleGatewayCommand({ type: 'killSession', commandId, session }, commands);
    expect(commands.stored[0]).toMatchObject({
      address: { kind: 'session', id: session },
      body: { type: 'kill', reason: 'killed from the console' },
    });
  });

  it('stores a repeat once', async () => {
    const commands = createRecordedCommands();
    await handleGatewayCommand(steer, commands);
    expect(await handleGatewayCommand(steer, commands)).toEqual({ status: 'accepted', commandId });
    expect(commands.stored).toHaveLength(1);
  });

  it.each([
    ['nothing', undefined],
    ['a text', 'steerSession'],
    ['a type nobody knows', { ...steer, type: 'approveRun' }],
    ['no type', { commandId, session, text: 'x' }],
    ['an empty text', { ...steer, text: '   ' }],
    ['a text that is too long', { ...steer, text: 'x'.repeat(maxSteerLength + 1) }],
    ['a command id that is no UUID', { ...steer, commandId: 'same-for-all' }],
    ['a session with a wildcard', { ...steer, session: '*' }],
    ['a session outside of its folder', { ...steer, session: '../other' }],
    ['a session with a dot', { ...steer, session: 'a.b' }],
  ])('refuses %s, with the reason', async (_name, raw) => {
    const commands = createRecordedCommands();
    const reply = await handleGatewayCommand(raw, commands);
    expect(gatewayReplySchema.parse(reply)).toMatchObject({ status: 'refused' });
    expect(commands.attempts()).toBe(0);
  });

  it('does not say accepted while NATS is away', async () => {
    const commands = createRecordedCommands();
    commands.failWith(
      new SignalboxError('SB_NATS_UNAVAILABLE', 'The NATS server cannot be reached', {
        next: 'Try again in a moment.',
      }),
    );
    expect(await handleGatewayCommand(steer, commands)).toEqual({
      status: 'refused',
      reason: 'The NATS server cannot be reached. Try again in a moment.',
    });
  });

  it('does not hide a defect', async () => {
    const commands = createRecordedCommands();
    commands.failWith(new TypeError('defect'));
    await expect(handleGatewayCommand(steer, commands)).rejects.toThrow(TypeError);
  });
});
