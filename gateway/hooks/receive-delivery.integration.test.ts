import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SignalboxError } from '../../runtime/contract/errors.ts';
import { runIdFor } from '../../runtime/contract/run-id.ts';
import { demoSecret, startTestGateway, type RunningGateway } from '../testing/gateway-harness.ts';
import type { PlainRequest } from '../testing/plain-request.ts';
import { maxDeliveryBytes } from './delivery.ts';
import { signBody } from './signature.ts';

let gateway: RunningGateway;
beforeEach(async () => {
  gateway = await startTestGateway();
});
afterEach(() => gateway.end());

const body = JSON.stringify({ action: 'labeled', label: 'signalbox' });

function delivery(
  headers: Record<string, string> = {},
  content: string = body,
  path = '/hooks/demo',
): PlainRequest {
  return {
    method: 'POST',
    path,
    headers: {
      'Content-Type': 'application/json',
      'X-Signalbox-Signature-256': signBody(demoSecret, content),
      'X-Signalbox-Delivery': 'delivery-1',
      ...headers,
    },
    body: content,
  };
}

/** The same request without the headers named. */
function without(request: PlainRequest, ...names: readonly string[]): PlainRequest {
  const kept = Object.entries(request.headers ?? {}).filter(([name]) => !names.includes(name));
  return { ...request, headers: Object.fromEntries(kept) };
}

describe('a signed delivery', () => {
  it("is in the trigger's inbox, and answered with what to follow", async () => {
    const answer = await gateway.send(delivery());
    const run = runIdFor('demo', 'delivery-1');
    expect(answer.status).toBe(202);
    const [command] = gateway.commands.stored;
    expect(command).toEqual({
      address: { kind: 'trigger', id: 'demo' },
      body: {
        type: 'receiveDelivery',
        deliveryId: 'delivery-1',
        payload: { action: 'labeled', label: 'signalbox' },
        receivedAt: '2026-01-01T00:00:00.000Z',
      },
      commandId: expect.stringMatching(/^delivery-/) as unknown,
    });
    expect(answer.json()).toEqual({
      id: command?.commandId,
      trigger: 'demo',
      deliveryId: 'delivery-1',
      duplicate: false,
      run,
      follow: `/api/events?run=${run}&after=0`,
    });
  });

  it('can be followed where the answer says', async () => {
    const { follow } = (await gateway.send(delivery())).json() as { readonly follow: string };
    expect((await gateway.sendLoggedIn({ path: follow })).status).toBe(200);
  });

  it("is understood with GitHub's headers", async () => {
    const request = without(delivery(), 'X-Signalbox-Signature-256', 'X-Signalbox-Delivery');
    const answer = await gateway.send({
      ...request,
      headers: {
        ...request.headers,
        'X-Hub-Signature-256': signBody(demoSecret, body),
        'X-GitHub-Delivery': 'from-github',
      },
    });
    expect(answer.status).toBe(202);
    expect(answer.json()).toMatchObject({ deliveryId: 'from-github' });
  });

  it('is understood when its length is not announced', async () => {
    expect((await gateway.send({ ...delivery(), chunked: true })).status).toBe(202);
  });

  it('is stored once when it is delivered twice, and the sender is told so', async () => {
    const first = await gateway.send(delivery());
    const second = await gateway.send(delivery());
    expect(second.status).toBe(202);
    expect(second.json()).toEqual({ ...(first.json() as object), duplicate: true });
    expect(gateway.commands.stored).toHaveLength(1);
  });

  it('is recognised by its bytes when it has no id', async () => {
    const request = without(delivery(), 'X-Signalbox-Delivery');
    await gateway.send(request);
    expect((await gateway.send(request)).json()).toMatchObject({ duplicate: true });
  });
});

describe('202', () => {
  it('waits for the acknowledgement', async () => {
    const release = gateway.commands.hold();
    let answered = false;
    const answer = gateway.send(delivery()).then((value) => {
      answered = true;
      return value;
    });
    await vi.waitFor(() => expect(gateway.commands.attempts()).toBe(1));
    // A whole other exchange fits in between: an early answer would have arrived before it.
    expect((await gateway.send({ path: '/healthz' })).status).toBe(200);
    expect(answered).toBe(false);
    release();
    expect((await answer).status).toBe(202);
  });

  it('is not said while NATS is away: 503 and when to come back', async () => {
    gateway.commands.failWith(
      new SignalboxError('SB_NATS_UNAVAILABLE', 'The NATS server cannot be reached', {
        retryable: true,
        retryAfterMs: 1500,
        next: 'It is being restarted; send the delivery again.',
      }),
    );
    const answer = await gateway.send(delivery());
    expect(answer.status).toBe(503);
    expect(answer.headers['retry-after']).toBe('2');
    expect(answer.json()).toEqual({
      error: {
        code: 'SB_NATS_UNAVAILABLE',
        message: 'The NATS server cannot be reached',
        next: 'It is being restarted; send the delivery again.',
      },
    });
    gateway.commands.failWith(undefined);
    expect((await gateway.send(delivery())).json()).toMatchObject({ duplicate: false });
  });

  it('is not said when the store is full: 507', async () => {
    gateway.commands.failWith(new SignalboxError('SB_STORAGE_FULL', 'The stream INBOX is full'));
    const answer = await gateway.send(delivery());
    expect(answer.status).toBe(507);
    expect(answer.json()).toMatchObject({ error: { code: 'SB_STORAGE_FULL' } });
  });

  it('is not said after a defect, whose text stays in the log', async () => {
    gateway.commands.failWith(new Error('a path or a password'));
    const answer = await gateway.send(delivery());
    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain('password');
    expect(answer.json()).toMatchObject({ error: { code: 'SB_INTERNAL' } });
    expect(answer.text).toContain('reference-1');
    expect(gateway.logged).toContainEqual(
      expect.objectContaining({
        level: 'error',
        facts: expect.objectContaining({
          reference: 'reference-1',
          error: 'a path or a password',
        }) as unknown,
      }),
    );
  });
});

describe('without the right signature', () => {
  const signature = 'X-Signalbox-Signature-256';
  const right = signBody(demoSecret, body);
  const cases: readonly (readonly [string, PlainRequest])[] = [
    ['wrong', delivery({ [signature]: signBody('guess', body) })],
    ['missing', without(delivery(), signature)],
    ['truncated', delivery({ [signature]: right.slice(0, -2) })],
    ['of another body', delivery({ [signature]: signBody(demoSecret, '{}') })],
    [
      'wrong, with a right one under the other name',
      delivery({ [signature]: 'sha256=00', 'X-Hub-Signature-256': right }),
    ],
    ['unknown trigger', delivery({}, body, '/hooks/unknown')],
    ['unknown trigger, unsigned', without(delivery({}, body, '/hooks/unknown'), signature)],
    ['a trigger of another path', delivery({}, body, '/hooks/..%2Fdemo')],
    ['a trigger with a subject wildcard', delivery({}, body, '/hooks/%3E')],
    ['not JSON', without(delivery({}, 'not json'), signature)],
    ['text/plain', without(delivery({ 'Content-Type': 'text/plain' }), signature)],
    ['a bad delivery id', without(delivery({ 'X-Signalbox-Delivery': 'a b' }), signature)],
  ];

  it.each(cases)('%s: the same 401, and nothing sent', async (_name, request) => {
    const reference = await gateway.send(delivery({ [signature]: signBody('guess', body) }));
    const answer = await gateway.send(request);
    expect(answer.status).toBe(401);
    expect(answer.text).toBe(reference.text);
    const volatile = ['date'];
    const headerNames = (headers: object) =>
      Object.entries(headers).filter(([name]) => !volatile.includes(name));
    expect(headerNames(answer.headers)).toEqual(headerNames(reference.headers));
    expect(gateway.commands.attempts()).toBe(0);
  });
});

describe('a signed delivery of the wrong form', () => {
  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'])(
    '%s is refused: a web page could send it',
    async (contentType) => {
      const answer = await gateway.send(delivery({ 'Content-Type': contentType }));
      expect(answer.status).toBe(415);
      expect(gateway.commands.attempts()).toBe(0);
    },
  );

  it.each(['not json', '[]', '"text"'])('%s as a body is refused', async (content) => {
    const answer = await gateway.send(delivery({}, content));
    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({ error: { code: 'SB_INPUT_INVALID' } });
    expect(gateway.commands.attempts()).toBe(0);
  });

  it('a delivery id with spaces is refused', async () => {
    expect((await gateway.send(delivery({ 'X-Signalbox-Delivery': 'a b' }))).status).toBe(400);
  });

  it.each([
    ['announced', false],
    ['not announced', true],
  ])('a body over the limit is refused, its length %s', async (_name, chunked) => {
    const content = JSON.stringify({ filler: 'x'.repeat(maxDeliveryBytes) });
    const answer = await gateway.send({ ...delivery({}, content), chunked });
    expect(answer.status).toBe(413);
    expect(gateway.commands.attempts()).toBe(0);
  });

  it('a body at the limit is taken', async () => {
    const content = JSON.stringify({ filler: 'x'.repeat(maxDeliveryBytes - 13) });
    expect(content).toHaveLength(maxDeliveryBytes);
    expect((await gateway.send(delivery({}, content))).status).toBe(202);
  });

  it('another method is refused, whatever the trigger', async () => {
    const known = await gateway.send({ path: '/hooks/demo' });
    const unknown = await gateway.send({ path: '/hooks/unknown' });
    expect([known.status, unknown.status]).toEqual([405, 405]);
    expect(known.text).toBe(unknown.text);
    expect(known.headers['allow']).toBe('POST');
  });
});
