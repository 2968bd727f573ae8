/** Pages of the gateway as pages of a tail. */
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
