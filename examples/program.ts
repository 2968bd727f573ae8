/** What the example programs share: where the NATS server is, and how they print. */

/** User and password stand in the address where the server asks for them. */
export const natsUrl = process.env['NATS_URL'] ?? 'nats://127.0.0.1:4222';

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
