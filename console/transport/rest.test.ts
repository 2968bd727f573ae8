import { describe, expect, it } from 'vitest';
import { createRest } from './rest.ts';

function createFixture(respond: () => Response | Promise<Response>) {
  const asked: string[] = [];
  const told: string[] = [];
  const rest = createRest({
    fetch: async (address) => {
      asked.push(address);
      return respond();
    },
    heard: () => told.push('heard'),
    loginRequired: () => told.push('loginRequired'),
  });
  return { rest, asked, told };
}

const page = { events: [], throughSeq: 4, more: false };

describe('createRest', () => {
  it('asks with the position and the run, escaped', async () => {
    const { rest, asked, told } = createFixture(() => Response.json(page));
    expect(await rest.fetchEvents({ after: 3, run: 'a::b' })).toEqual({
      status: 'ok',
      value: page,
    });
    await rest.fetchEvents({ after: 0 });
    await rest.fetchTranscript('a::b', 7);
    expect(asked).toEqual([
      '/api/events?after=3&limit=500&run=a%3A%3Ab',
      '/api/events?after=0&limit=500',
      '/api/sessions/a%3A%3Ab/transcript?after=7',
    ]);
    expect(told).toEqual(['heard', 'heard', 'heard']);
  });

  it('tells a missing login apart from everything else', async () => {
    const { rest, told } = createFixture(() => new Response('', { status: 401 }));
    expect(await rest.fetchActors()).toEqual({ status: 'loginRequired' });
    expect(told).toEqual(['loginRequired']);
  });

  it('passes on what the gateway says is wrong', async () => {
    const problem = {
      error: { code: 'SB_INPUT_INVALID', message: 'The id is not valid', next: '' },
    };
    const { rest } = createFixture(() => Response.json(problem, { status: 400 }));
    expect(await rest.fetchActors()).toEqual({
      status: 'failed',
      reason: 'the gateway answered 400: The id is not valid',
    });
  });

  it.each([
    ['an error page of a proxy', () => new Response('<h1>Bad gateway</h1>', { status: 502 })],
    ['a shape it does not know', () => Response.json({ actors: 7 })],
    ['something that is not JSON', () => new Response('hello')],
    ['no connection', () => Promise.reject(new TypeError('Failed to fetch'))],
    [
      'an error that announces JSON and is none',
      () => new Response('no', { status: 500, headers: { 'content-type': 'application/json' } }),
    ],
  ])('fails with a reason on %s', async (_name, respond) => {
    const { rest } = createFixture(respond);
    const answer = await rest.fetchActors();
    expect(answer.status === 'failed' && answer.reason).toMatch(/./u);
  });

  it('says not found for what is not there', async () => {
    const { rest } = createFixture(() => new Response('', { status: 404 }));
    expect(await rest.fetchTranscript('s', 0)).toEqual({ status: 'notFound' });
  });
});
