/** `signalbox retention`: what is kept, for how long, and how much it is. */
import { withClient } from '../client/open-client.ts';
import type { CommandContext } from '../command-context.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { formatBytes, formatTable } from '../output.ts';

export async function showRetention(context: CommandContext): Promise<ExitCode> {
  return withClient(context.settings, context.log, async ({ storage }) => {
    const streams = await storage.readStreamUse();
    context.output.result(
      { streams },
      formatTable([
        ['stream', 'kept', 'messages', 'size', 'oldest'],
        ...streams.map(({ name, kept, messages, bytes, oldest }) => [
          name,
          kept,
          String(messages),
          formatBytes(bytes),
          oldest?.slice(0, 19) ?? '',
        ]),
      ]),
    );
    return exitCodes.success;
  });
}
