/** What asking the gateway can come to. Every caller handles every case; nothing here throws. */

export type Answer<Value> =
  | { readonly status: 'ok'; readonly value: Value }
  | { readonly status: 'loginRequired' }
  | { readonly status: 'notFound' }
  /** The gateway was not reached, failed, or answered with something else than documented. */
  | { readonly status: 'failed'; readonly reason: string };

export function mapAnswer<Value, Other>(
  answer: Answer<Value>,
  change: (value: Value) => Other,
): Answer<Other> {
  return answer.status === 'ok' ? { status: 'ok', value: change(answer.value) } : answer;
}
