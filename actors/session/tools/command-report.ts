/**
 * Owns how the end of a command reads. How it ended comes first and is always said, so that a failure without a word on
 * stderr cannot be taken for a success; stdout and stderr are separate and labelled. What is shown in part is
 * kept whole in the blob store.
 */
import type { CapturedOutput, CommandEnd, CommandResult } from '../../ports/workspace.ts';
import type { BlobPort } from '../../ports/transcripts.ts';
import { assertNever } from '../../../runtime/contract/errors.ts';
import type { BlobReference } from '../../../runtime/contract/transcript.ts';
import type { ToolAnswer } from './tool-definition.ts';

export interface ReportContext {
  readonly blobs: BlobPort;
  readonly blobPrefix: string;
}

export async function reportCommand(
  result: CommandResult,
  context: ReportContext,
): Promise<ToolAnswer> {
  const { end, stdout, stderr } = result;
  const headline = describeEnd(end, stderr.bytes === 0);
  const exitCode = end.type === 'exited' ? end.exitCode : null;
  const outcome = exitCode === 0 ? 'succeeded' : 'failed';
  const sections = [showOutput('stdout', stdout), showOutput('stderr', stderr)];
  if (!stdout.truncated && !stderr.truncated) {
    return { outcome, exitCode, text: [headline, ...sections].join('\n') };
  }
  const full = await storeWhole(headline, result, context);
  const notice =
    `The output is shown in part. All of it (${full.bytes} bytes) is kept as blob ${full.blob}; ` +
    'to see more here, run the command again through grep, head or tail, or into a file.';
  return { outcome, exitCode, text: [headline, notice, ...sections].join('\n'), full };
}

function describeEnd(end: CommandEnd, silent: boolean): string {
  const nothing = silent ? ', no output on stderr' : '';
  switch (end.type) {
    case 'exited':
      return end.exitCode === 0 ? 'exit code 0' : `exit code ${end.exitCode}${nothing}`;
    case 'signalled':
      return `ended by signal ${end.signal}, no exit code${nothing}`;
    case 'timedOut':
      return (
        `timed out: ended after ${end.afterMs} ms with all it had started, no exit code${nothing}. ` +
        'What it did until then stays done. Set timeoutMs if it needs longer.'
      );
    default:
      return assertNever(end);
  }
}

function showOutput(name: string, output: CapturedOutput): string {
  if (output.bytes === 0) return `--- ${name}: empty ---`;
  const part = output.truncated ? ', shown in part' : '';
  return `--- ${name} (${output.bytes} bytes${part}) ---\n${output.text.replace(/\n$/u, '')}`;
}

async function storeWhole(
  headline: string,
  result: CommandResult,
  context: ReportContext,
): Promise<BlobReference> {
  const data = Buffer.concat([
    Buffer.from(`${headline}\n--- stdout (${result.stdout.bytes} bytes) ---\n`),
    wholeOutput(result.stdout),
    Buffer.from(`\n--- stderr (${result.stderr.bytes} bytes) ---\n`),
    wholeOutput(result.stderr),
  ]);
  const blob = `${context.blobPrefix}/output.txt`;
  await context.blobs.put(blob, data);
  return { blob, bytes: data.byteLength };
}

function wholeOutput(output: CapturedOutput): Uint8Array {
  return output.full ?? Buffer.from(output.text);
}
