import { describe, expect, it } from 'vitest';
import { runIdFor } from '../../runtime/contract/run-id.ts';
import { coordinatorInputSchema } from '../coordinator/run-spec.schema.ts';
import { driveMachine } from '../testing/drive-machine.ts';
import { createRunSpec } from '../testing/inputs.ts';
import { defineTrigger } from './trigger.actor.ts';
import { maxRememberedDeliveries, type TriggerContext } from './trigger.machine.ts';
import { triggerInputSchema, type TriggerDefinition } from './trigger.schema.ts';

/** Typed: what vitest returns here is `any`. */
const like = (part: object): unknown => expect.objectContaining(part);

const { goal: _goal, source: _source, ...run } = createRunSpec();
const definition: TriggerDefinition = {
  id: 'issues',
  goalTemplate: 'Fix {{ title }}',
  condition: { path: 'action', equals: 'opened' },
  run,
};

function driveTrigger() {
  const input = triggerInputSchema.parse({ definition, queue: 'main', worktrees: '/worktrees' });
  return driveMachine<TriggerContext>(defineTrigger(), {
    address: { kind: 'trigger', id: 'issues' },
    input,
  });
}

const delivery = (
  deliveryId: string,
  payload: Record<string, unknown> = { action: 'opened', title: 'slugs' },
) => ({
  type: 'receiveDelivery',
  deliveryId,
  payload,
  receivedAt: '2026-03-01T08:00:00.000Z',
});

describe('a trigger', () => {
  it('starts one coordinator per delivery, with an input that it accepts', () => {
    const trigger = driveTrigger();
    const id = runIdFor('issues', 'd-1');
    const { actors, events } = trigger.send(delivery('d-1'));
    expect(actors).toEqual([{ to: `coordinator/${id}`, input: like({ run: id, queue: 'main' }) }]);
    expect(coordinatorInputSchema.parse(actors[0]?.input).spec).toMatchObject({
      goal: 'Fix slugs',
      source: 'trigger issues',
    });
    expect(events).toEqual([
      { type: 'deliveryAccepted', deliveryId: 'd-1', run: id, goal: 'Fix slugs' },
    ]);
  });

  it('starts nothing for a repeat, whatever it holds', () => {
    const trigger = driveTrigger();
    trigger.send(delivery('d-1'));
    const repeat = trigger.send(delivery('d-1', { action: 'opened', title: 'something else' }));
    expect(repeat.actors).toEqual([]);
    expect(repeat.events).toEqual([
      { type: 'deliveryRepeated', deliveryId: 'd-1', run: runIdFor('issues', 'd-1') },
    ]);
  });

  it('says why it ignores or refuses a delivery', () => {
    const trigger = driveTrigger();
    expect(trigger.send(delivery('d-1', { action: 'closed' })).events).toEqual([
      { type: 'deliveryIgnored', deliveryId: 'd-1', reason: 'action is "closed", not "opened"' },
    ]);
    const refused = trigger.send(delivery('d-2', { action: 'opened' }));
    expect(refused.actors).toEqual([]);
    expect(refused.events).toEqual([
      {
        type: 'deliveryRefused',
        deliveryId: 'd-2',
        reason: 'the goal needs title, which the payload does not have as text',
      },
    ]);
  });

  it('works with a new definition from the next delivery on', () => {
    const trigger = driveTrigger();
    const changed = { ...definition, goalTemplate: 'Look at {{ title }}', condition: null };
    expect(trigger.send({ type: 'configure', definition: changed }).events).toEqual([
      { type: 'triggerConfigured', repository: '/repository' },
    ]);
    const { actors } = trigger.send(delivery('d-1', { title: 'slugs' }));
    expect(actors[0]?.input).toMatchObject({ spec: { goal: 'Look at slugs' } });
  });

  it('remembers a bounded number of deliveries, the newest ones', () => {
    const trigger = driveTrigger();
    for (let count = 0; count < maxRememberedDeliveries + 5; count += 1) {
      trigger.send(delivery(`d-${count}`, { action: 'closed' }));
    }
    const { deliveries } = trigger.context();
    expect(deliveries).toHaveLength(maxRememberedDeliveries);
    expect(deliveries.at(-1)).toBe(`d-${maxRememberedDeliveries + 4}`);
    expect(deliveries[0]).toBe('d-5');
  });
});
