/** The span of one commit: from taking its commands to their storing. Costs nothing where nobody traces. */
import type { ActorAddress } from '../contract/address.ts';
import type { Inbound } from '../core/step.ts';
import type { Tracer } from '../core/tracer.ts';

export interface CommitSpan {
  /** For the commit and all it causes. */
  readonly trace: string | undefined;
  end(failure?: string): void;
}

const noEnd = (): void => undefined;
const untraced: CommitSpan = { trace: undefined, end: noEnd };

/** Without a tracer of our own, the trace of the first command is passed on as it came. */
export function beginCommitSpan(
  tracer: Tracer | undefined,
  address: ActorAddress,
  inbound: readonly Inbound[],
): CommitSpan {
  const traced = inbound.find(({ command }) => command.trace !== undefined);
  if (tracer === undefined)
    return traced === undefined ? untraced : { trace: traced.command.trace, end: noEnd };
  const traces = new Set(inbound.flatMap(({ command: { trace } }) => trace ?? []));
  const [parent, ...links] = traces;
  const span = tracer.begin({
    name: `commit ${address.kind}`,
    parent,
    links,
    attributes: {
      'signalbox.actor': `${address.kind}/${address.id}`,
      'signalbox.commands': inbound.length,
      'signalbox.command.id': inbound[0]?.command.id ?? '',
      'signalbox.command.purpose': inbound[0]?.command.purpose ?? '',
    },
  });
  return {
    trace: span.traceparent,
    end: (failure) => {
      span.end(failure);
    },
  };
}
