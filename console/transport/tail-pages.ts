/** Pages of the gateway as pages of a tail. */
import type { StoredEvent } from '../../runtime/contract/event.ts';
import type { EventPage } from '../../runtime/contract/run-view.ts';
import type { TailPage } from './tail.ts';

export function toTailPage<Item extends { readonly seq: number }>(
  items: readonly Item[],
  page: { readonly throughSeq: number; readonly more: boolean },
): TailPage<Item> {
  return {
    items: items.map((item) => ({ seq: item.seq, item })),
    throughSeq: page.throughSeq,
    more: page.more,
  };
}

/** Events of one message are one item: they have one position, and are never split between pages. */
export function toEventTailPage({ events, ...page }: EventPage): TailPage<readonly StoredEvent[]> {
  const messages: { readonly seq: number; readonly item: StoredEvent[] }[] = [];
  for (const event of events) {
    const last = messages.at(-1);
    if (last?.seq === event.seq) last.item.push(event);
    else messages.push({ seq: event.seq, item: [event] });
  }
  return { items: messages, ...page };
}
