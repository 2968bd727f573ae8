/** Answers what consoles publish on the gateway's subject. The one place where a browser's words come in over NATS. */
import type { NatsConnection } from '@nats-io/nats-core';
import { describeError } from '../contract/errors.ts';
import type { GatewayReply } from '../contract/live.ts';
import { gatewayCommandSubject } from '../contract/subjects.ts';
import type { WorkerLog } from '../worker/log.ts';

/** Returns the way to stop listening. `answer` never sees anything but parsed JSON. */
export function listenForGatewayCommands(
  connection: NatsConnection,
  namespace: string,
  answer: (command: unknown) => Promise<GatewayReply>,
  log: WorkerLog,
): () => void {
  const respond = async (text: string): Promise<GatewayReply> => {
    try {
      return await answer(JSON.parse(text));
    } catch (error) {
      log.warn('a command of a console failed', { error: describeError(error) });
      return { status: 'refused', reason: 'the command could not be understood or carried out' };
    }
  };
  const subscription = connection.subscribe(gatewayCommandSubject(namespace), {
    queue: 'gateway',
    callback: (error, message) => {
      if (error !== null) return;
      void respond(message.string()).then((reply) => message.respond(JSON.stringify(reply)));
    },
  });
  return () => {
    subscription.unsubscribe();
  };
}
