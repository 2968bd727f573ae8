/** `signalbox actor …`: looks at any actor of the system, whatever its kind. */
import { formatAddress, parseAddress } from '../../runtime/contract/address.ts';
import { SignalboxError } from '../../runtime/contract/errors.ts';
import type { ActorSummary } from '../../runtime/contract/run-view.ts';
import type { ActorDefinition } from '../../runtime/core/definition.ts';
import type { QuarantineStore } from '../../runtime/core/quarantine.ts';
import { readMachine } from '../../runtime/core/machine-graph.ts';
import { formatStateValue } from '../../runtime/core/restore.ts';
import { drawDiagram } from '../../runtime/core/state-diagram.ts';
import { withClient, type Client } from '../client/open-client.ts';
import type { CommandContext } from '../command-context.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { describeActor } from '../inspect/describe-actor.ts';
import { hearReports } from '../client/hear-reports.ts';
import { addAttempts, inspectActor, refuseUnknown } from '../inspect/inspect-actor.ts';
import { drawStateTree, listActiveStates } from '../inspect/state-tree.ts';
import { formatTime } from '../inspect/value-text.ts';
import { formatTable } from '../output.ts';
import { createActors } from '../system/actors.ts';

/** What history gives at once; filters look at as many. */
const maxLookedAt = 10_000;

export interface ListOptions {
  readonly kind?: string;
  readonly state?: string;
  readonly status?: ActorSummary['status'];
  readonly quarantined?: boolean;
  readonly limit: string;
}

export async function listActors(context: CommandContext, options: ListOptions): Promise<ExitCode> {
  const limit = parseLimit(options.limit);
  return withClient(context.settings, context.log, async ({ history, storage, record }) => {
    const { kind } = options;
    const still =
      options.quarantined === true
        ? await listQuarantined(storage.quarantine, record.partitionCount)
        : undefined;
    const looked = await history.listActors({
      limit: maxLookedAt,
      ...(kind === undefined ? {} : { kind }),
    });
    const matching = looked.filter((actor) => matches(actor, options, still));
    const actors = matching.slice(0, limit);
    const notes = [
      ...(matching.length > limit
        ? [`${matching.length - limit} more; --limit ${matching.length} shows them.`]
        : []),
      ...(looked.length === maxLookedAt
        ? [`Only the newest ${maxLookedAt} actors were looked at; --kind narrows them down.`]
        : []),
    ];
    context.output.result(
      { actors, matching: matching.length, complete: looked.length < maxLookedAt },
      actors.length === 0
        ? [describeNone(options), ...notes]
        : [
            ...formatTable([
              ['actor', 'state', 'status', 'started', 'last event'],
              ...actors.map(listActor),
            ]),
            ...notes,
          ],
    );
    return exitCodes.success;
  });
}

export function parseLimit(text: string): number {
  if (/^[1-9]\d{0,3}$/u.test(text)) return Number(text);
  throw new SignalboxError('SB_INPUT_INVALID', `--limit must be a whole number from 1 to 9999`);
}

async function listQuarantined(
  quarantine: QuarantineStore,
  partitionCount: number,
): Promise<ReadonlySet<string>> {
  const partitions = Array.from({ length: partitionCount }, (_, partition) => partition);
  const actors = await Promise.all(partitions.map((partition) => quarantine.list(partition)));
  return new Set(actors.flat().map(({ address }) => formatAddress(address)));
}

function matches(
  actor: ActorSummary,
  { state, status }: ListOptions,
  still: ReadonlySet<string> | undefined,
): boolean {
  return (
    (state === undefined || actor.state === state || actor.state.startsWith(`${state}.`)) &&
    (status === undefined || actor.status === status) &&
    (still === undefined || still.has(formatAddress(actor)))
  );
}

function describeNone({ kind, state, status, quarantined }: ListOptions): string {
  const filtered = [kind, state, status, quarantined].some((filter) => filter !== undefined);
  return filtered ? 'No actor matches.' : 'No actors yet.';
}

function listActor({ kind, id, state, status, startedAt, updatedAt }: ActorSummary): string[] {
  return [`${kind}/${id}`, state, status, formatTime(startedAt), formatTime(updatedAt)];
}

export async function showActor(
  context: CommandContext,
  name: string,
  options: { readonly full?: boolean },
): Promise<ExitCode> {
  const address = parseAddress(name);
  return withClient(context.settings, context.log, async ({ storage, record, connection }) => {
    const heard = hearReports(connection, record.namespace);
    const stored = await inspectActor(storage, address, record.partitionCount);
    const hasEffects = (stored.standing?.effects.length ?? 0) > 0;
    const view = hasEffects ? addAttempts(stored, await heard()) : stored;
    const full = options.full === true;
    context.output.result(view, describeActor(view, { address, nowMs: Date.now(), full }));
    return exitCodes.success;
  });
}

export async function drawActor(context: CommandContext, name: string): Promise<ExitCode> {
  const address = parseAddress(name);
  return withClient(context.settings, context.log, async (client) => {
    const [last] = await client.storage.inspector.readCommits(address);
    if (last === undefined) throw refuseUnknown(address);
    if (last.status === 'unreadable') {
      throw new SignalboxError(
        'SB_PROTOCOL',
        `the state of ${name} cannot be read: ${last.reason}`,
      );
    }
    const { snapshot, machine: stored } = last.commit;
    const { machine, version } = findDefinition(context, client, address.kind);
    const active = listActiveStates(snapshot.value);
    const mermaid = drawDiagram(readMachine(machine), active);
    const note =
      stored.version === version
        ? []
        : [`Stored by version ${stored.version}; drawn is version ${version}.`];
    context.output.result(
      { actor: name, state: formatStateValue(snapshot.value), active, machine: stored, mermaid },
      [...note, ...drawStateTree(machine, new Set(active)), '', ...mermaid.split('\n')],
    );
    return exitCodes.success;
  });
}

function findDefinition(
  { settings, log }: CommandContext,
  { storage }: Client,
  kind: string,
): ActorDefinition {
  const kinds = createActors(settings, storage, log, new AbortController().signal);
  const definition = kinds.find((known) => known.kind === kind);
  if (definition !== undefined) return definition;
  throw new SignalboxError('SB_KIND_UNKNOWN', `no machine of the kind "${kind}" is known here`, {
    next: `There are: ${kinds.map((known) => known.kind).join(', ')}.`,
  });
}
