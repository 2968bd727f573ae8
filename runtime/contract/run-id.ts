/**
 * The run a delivery becomes. Deterministic, so that the gateway can name the run in its answer before
 * the trigger actor has seen the delivery, and so that a repeated delivery names the same run. Pure.
 */

/** FNV-1a, 64 bit: its published offset basis and prime. */
const offsetBasis = 0xcbf29ce484222325n;
const prime = 0x100000001b3n;

/**
 * `run-` and 16 hex digits: a valid actor id. The parts are joined with a line break, which neither an
 * actor id nor an HTTP header value can hold, so no two pairs share one text. Not cryptographic: whoever
 * chooses a delivery id has signed the delivery.
 */
export function runIdFor(trigger: string, deliveryId: string): string {
  let hash = offsetBasis;
  for (const byte of new TextEncoder().encode(`${trigger}\n${deliveryId}`)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * prime);
  }
  return `run-${hash.toString(16).padStart(16, '0')}`;
}
