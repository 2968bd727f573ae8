/**
 * Speaks the NATS protocol by hand from within the page, with the credentials that the gateway gave to
 * this very browser: what the server refuses is the server's word, not that of a client library.
 */
import type { Page } from 'playwright-core';

export interface NatsAttempt {
  /** Protocol lines without their line breaks. */
  readonly lines: readonly string[];
}

/** Resolves with the errors that the server reported for each attempt, in order; none when it was allowed. */
export async function attemptFromPage(
  page: Page,
  attempts: readonly NatsAttempt[],
): Promise<readonly string[][]> {
  return page.evaluate(`(${speak.toString()})(${JSON.stringify(attempts)})`);
}

/** Runs in the page: it must not refer to anything outside of itself. */
async function speak(attempts: readonly NatsAttempt[]): Promise<string[][]> {
  const response = await fetch('/api/live');
  const access = (await response.json()) as Record<string, string>;
  const socket = new WebSocket(access['url'] ?? '');
  socket.binaryType = 'arraybuffer';
  const received: string[] = [];
  let heard = (): void => undefined;
  socket.addEventListener('message', ({ data }) => {
    received.push(new TextDecoder().decode(data as ArrayBuffer));
    heard();
  });
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('error', () => reject(new Error('the WebSocket was refused')));
  });
  const say = (line: string): void => socket.send(new TextEncoder().encode(`${line}\r\n`));
  /** The server answers in order: what it had to say before the PONG has been said. */
  const untilAnswered = async (): Promise<string> => {
    received.length = 0;
    say('PING');
    while (!received.join('').includes('PONG')) {
      await new Promise<void>((resolve) => {
        heard = resolve;
      });
    }
    return received.join('');
  };
  const { user, password: pass } = access;
  say(`CONNECT ${JSON.stringify({ verbose: false, pedantic: false, user, pass, headers: true })}`);
  const answers: string[][] = [await untilAnswered().then(readErrors)];
  for (const { lines } of attempts) {
    for (const line of lines) say(line);
    answers.push(readErrors(await untilAnswered()));
  }
  socket.close();
  return answers;

  function readErrors(text: string): string[] {
    return [...text.matchAll(/-ERR '([^']*)/gu)].map(([, error]) => error ?? '');
  }
}
