/** What a machine gets when an effect of its own makes no progress. One that has no transition for it never hears of it. */

export interface EffectStalledEvent {
  readonly type: 'effect.stalled';
  /** The id under which the machine has invoked the effect. */
  readonly child: string;
  /** How long it has said nothing. */
  readonly silentMs: number;
  /** The last thing that it said. */
  readonly note?: string;
}

export function effectStalled(
  child: string,
  silentMs: number,
  note: string | undefined,
): EffectStalledEvent {
  return { type: 'effect.stalled', child, silentMs, ...(note === undefined ? {} : { note }) };
}
