/**
 * `POST /hooks/:trigger`. Signature first, then form, then the trigger's inbox; 202 only once JetStream
 * has acknowledged. Whether a trigger exists is told to nobody without its secret: an unknown trigger, a
 * missing signature and a wrong one all get the same 401. What a delivery leads to is the trigger's business.
 */
import { Hono, type Context } from 'hono';
import { actorIdSchema } from '../../runtime/contract/address.ts';
import { runIdFor } from '../../runtime/contract/run-id.ts';
import type { GatewayOptions } from '../gateway-options.ts';
import { answerProblem } from '../problem.ts';
import { readRequestBody } from '../request-body.ts';
import {
  deliveryCommandId,
  isJsonContentType,
  maxDeliveryBytes,
  nameDelivery,
  parsePayload,
} from './delivery.ts';
import { isSignedBy } from './signature.ts';

export type HookServices = Pick<GatewayOptions, 'commands' | 'webhooks' | 'clock' | 'log'>;

/** The 202 body: where to look for what becomes of the delivery. */
interface DeliveryReceipt {
  /** Id of the command in the trigger's inbox. */
  readonly id: string;
  readonly trigger: string;
  readonly deliveryId: string;
  /** JetStream still remembers an earlier copy. */
  readonly duplicate: boolean;
  /** The run this delivery becomes, if the trigger's condition holds. */
  readonly run: string;
  readonly follow: string;
}

export function hookRoutes(services: HookServices): Hono {
  const routes = new Hono();
  routes.post('/hooks/:trigger', (context) =>
    receive(context, context.req.param('trigger'), services),
  );
  routes.all('/hooks/:trigger', (context) => {
    context.header('Allow', 'POST');
    return answerProblem(context, 405, {
      code: 'SB_REQUEST_REFUSED',
      message: `Deliveries are posted, and this was a ${context.req.method}`,
      next: 'Configure the sender to use POST.',
    });
  });
  return routes;
}

async function receive(
  context: Context,
  trigger: string,
  services: HookServices,
): Promise<Response> {
  const body = await readRequestBody(context.req.raw, maxDeliveryBytes);
  if (body.status === 'tooLarge') return refuseTooLarge(context);
  if (body.status === 'incomplete') return refuseIncomplete(context);

  const secret = actorIdSchema.safeParse(trigger).success
    ? services.webhooks.secretOf(trigger)
    : undefined;
  const signature =
    context.req.header('X-Signalbox-Signature-256') ?? context.req.header('X-Hub-Signature-256');
  if (!isSignedBy(secret, body.bytes, signature)) return refuseSignature(context);

  if (!isJsonContentType(context.req.header('Content-Type'))) return refuseContentType(context);
  const name = nameDelivery(
    context.req.header('X-Signalbox-Delivery') ?? context.req.header('X-GitHub-Delivery'),
    body.bytes,
  );
  if (name.status === 'refused') return answerProblem(context, 400, name.problem);
  const parsed = parsePayload(body.bytes);
  if (parsed.status === 'refused') return answerProblem(context, 400, parsed.problem);

  const { deliveryId } = name;
  const id = deliveryCommandId(trigger, deliveryId);
  const receivedAt = new Date(services.clock.now()).toISOString();
  const receipt = await services.commands.deliver(
    { kind: 'trigger', id: trigger },
    { type: 'receiveDelivery', deliveryId, payload: parsed.payload, receivedAt },
    id,
  );
  const run = runIdFor(trigger, deliveryId);
  services.log.info('delivery stored', { trigger, deliveryId, duplicate: receipt.duplicate, run });
  const answer: DeliveryReceipt = {
    id,
    trigger,
    deliveryId,
    duplicate: receipt.duplicate,
    run,
    follow: `/api/events?run=${run}&after=0`,
  };
  return context.json(answer, 202);
}

function refuseSignature(context: Context): Response {
  return answerProblem(context, 401, {
    code: 'SB_SIGNATURE_INVALID',
    message: 'The delivery is not signed with the secret of a trigger of this name',
    next: "Check the trigger's name, its secret, and that X-Signalbox-Signature-256 is sha256=<HMAC-SHA256 of the raw body, in hex>.",
  });
}

function refuseContentType(context: Context): Response {
  return answerProblem(context, 415, {
    code: 'SB_INPUT_INVALID',
    message: 'The delivery is not sent as application/json',
    next: 'Set the content type of the webhook to application/json.',
  });
}

function refuseTooLarge(context: Context): Response {
  return answerProblem(context, 413, {
    code: 'SB_INPUT_INVALID',
    message: `The delivery is larger than ${maxDeliveryBytes} bytes`,
    next: 'Send less: the fields the trigger uses, or a link to the rest.',
  });
}

function refuseIncomplete(context: Context): Response {
  return answerProblem(context, 400, {
    code: 'SB_INPUT_INVALID',
    message: 'The delivery ended before its body was complete',
    next: 'Send it again with the same delivery id.',
  });
}
