/** `signalbox artifact KEY`: prints what an event or a transcript only refers to: whole outputs, proofs, handoffs. */
import { withClient } from '../client/open-client.ts';
import type { CommandContext } from '../command-context.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';

export async function printArtifact(context: CommandContext, key: string): Promise<ExitCode> {
  return withClient(context.settings, context.log, async ({ storage }) => {
    const text = new TextDecoder().decode(await storage.blobs.get(key));
    context.output.result({ key, text }, [text]);
    return exitCodes.success;
  });
}
