import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRunSpec } from '../testing/inputs.ts';
import { judgeDelivery } from './delivery.ts';
import type { TriggerDefinition } from './trigger.schema.ts';

const { goal: _goal, source: _source, ...run } = createRunSpec();

function define(
  goalTemplate: string,
  condition: TriggerDefinition['condition'] = null,
): TriggerDefinition {
  return { id: 'issues', goalTemplate, condition, run };
}

const payload = {
  action: 'opened',
  draft: false,
  issue: { number: 12, title: 'Digits are dropped', labels: [{ name: 'bug' }], body: null },
};

describe('the condition', () => {
  it.each([
    ['action', 'opened', 'accepted'],
    ['action', 'closed', 'ignored'],
    ['issue.number', 12, 'accepted'],
    ['issue.number', '12', 'ignored'],
    ['draft', false, 'accepted'],
    ['draft', 'false', 'ignored'],
    ['issue.labels.0.name', 'bug', 'accepted'],
    ['issue.labels.1.name', 'bug', 'ignored'],
    ['issue.state', 'open', 'ignored'],
  ] as const)('%s equals %j: %s', (path, equals, status) => {
    expect(judgeDelivery(define('Fix it', { path, equals }), payload).status).toBe(status);
  });

  it('says what it found', () => {
    expect(judgeDelivery(define('Fix it', { path: 'action', equals: 'closed' }), payload)).toEqual({
      status: 'ignored',
      reason: 'action is "opened", not "closed"',
    });
  });
});

describe('the goal', () => {
  it('is the template with values of the payload in it', () => {
    const template = 'Fix #{{ issue.number }}: {{issue.title}} ({{ issue.labels.0.name }})';
    expect(judgeDelivery(define(template), payload)).toEqual({
      status: 'accepted',
      goal: 'Fix #12: Digits are dropped (bug)',
    });
  });

  it('is refused with the names of what is missing', () => {
    expect(
      judgeDelivery(define('{{ issue.summary }} {{ issue.body }} {{ issue }}'), payload),
    ).toEqual({
      status: 'refused',
      reason:
        'the goal needs issue.summary, issue.body, issue, which the payload does not have as text',
    });
  });

  it.each([
    '{{ issue.title.length }}',
    '{{ issue.labels.length }}',
    '{{ constructor.name }}',
    '{{ constructor }}',
    '{{ __proto__ }}',
    '{{ toString }}',
    '{{ issue.labels.map }}',
  ])('reads own properties only: %s', (template) => {
    expect(judgeDelivery(define(template), payload).status).toBe('refused');
  });

  it('reads what a payload names __proto__ as any other name', () => {
    const hostile = JSON.parse(
      '{"__proto__":{"title":"own"},"issue":{"title":"Fix"}}',
    ) as typeof payload;
    expect(judgeDelivery(define('{{ __proto__.title }}'), hostile)).toEqual({
      status: 'accepted',
      goal: 'own',
    });
    expect(judgeDelivery(define('{{ issue.title }} {{ title }}'), hostile).status).toBe('refused');
  });

  it('reads nothing that a payload inherits', () => {
    const heir = Object.assign(Object.create({ title: 'inherited' }) as object, {
      action: 'opened',
    });
    expect(judgeDelivery(define('{{ title }}'), heir).status).toBe('refused');
  });

  it('does not render what a payload holds', () => {
    const hostile = { title: '{{ secret }} ${secret} $& $1', secret: 'hidden' };
    expect(judgeDelivery(define('Fix {{ title }}'), hostile)).toEqual({
      status: 'accepted',
      goal: 'Fix {{ secret }} ${secret} $& $1',
    });
  });

  it('is refused when it is empty or longer than a prompt may be', () => {
    expect(judgeDelivery(define('{{ title }}'), { title: '  ' })).toMatchObject({
      reason: 'the goal is empty',
    });
    expect(judgeDelivery(define('{{ title }}'), { title: 'x'.repeat(16_000) }).status).toBe(
      'accepted',
    );
    expect(judgeDelivery(define('{{ title }}'), { title: 'x'.repeat(16_001) })).toEqual({
      status: 'refused',
      reason: 'the goal has 16001 characters, more than 16000',
    });
  });

  it('is text without placeholders, or nothing, for any payload', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), (any, path) => {
        const judged = judgeDelivery(
          define(`{{ ${path.replaceAll(/[{}]/gu, '')} }}!`),
          any as typeof payload,
        );
        expect(['accepted', 'refused']).toContain(judged.status);
      }),
    );
  });
});
