import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type RunningGateway } from '../testing/gateway-harness.ts';

let gateway: RunningGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.end());

const ask = (authorization?: string) =>
  gateway.send({
    path: '/metrics',
    headers: authorization === undefined ? {} : { Authorization: authorization },
  });

describe('/metrics', () => {
  it('answers who has the token', async () => {
    const { token, contentType } = gateway.options.metrics;
    for (const authorization of [`Bearer ${token}`, `bearer  ${token}`]) {
      const answer = await ask(authorization);
      expect([answer.status, answer.text]).toEqual([200, 'signalbox_commits_total 1\n']);
      expect(answer.headers['content-type']).toBe(contentType);
      expect(answer.headers['cache-control']).toBe('no-store');
    }
  });

  it.each([undefined, '', 'Bearer', 'Bearer ', 'Bearer wrong', 'Basic metrics-token-of-the-tests'])(
    'refuses %s',
    async (authorization) => {
      const answer = await ask(authorization);
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toBe('Bearer');
      expect(answer.json()).toMatchObject({ error: { code: 'SB_LOGIN_REQUIRED' } });
    },
  );

  it('is not opened by the login of a console', async () => {
    expect((await gateway.sendLoggedIn({ path: '/metrics' })).status).toBe(401);
  });

  it('has a token that opens nothing else', async () => {
    const headers = { Authorization: `Bearer ${gateway.options.metrics.token}` };
    expect((await gateway.send({ path: '/api/runs', headers })).status).toBe(401);
  });
});
