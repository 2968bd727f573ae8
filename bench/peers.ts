/**
 * The same workflow, ten trivial effects in sequence, on other engines and on ours, in turn in one run. All of them
 * write to the disk with fsync before a step counts as done.
 */
import { createCommitWatch } from './commit-watch.ts';
import { localChain } from './chain.machine.ts';
import { chainVariant } from './effect-chain.ts';
import type { Environment } from './environment.ts';
import { toFigures, type Figure, type Round } from './figure.ts';
import { installPeers, startPeer, type Peer } from './peer-child.ts';
import { runInTurn, type Variant } from './rounds.ts';
import type { Scale } from './scale.ts';

const engines = [
  { subject: 'Restate', program: 'restate' },
  { subject: 'DBOS', program: 'dbos' },
] as const;

export async function measurePeers(
  environment: Environment,
  scale: Scale,
): Promise<readonly Figure[]> {
  await installPeers();
  const peers: { readonly subject: string; readonly peer: Peer }[] = [];
  const watch = createCommitWatch();
  const worker = await environment.startWorker(watch);
  try {
    for (const { subject, program } of engines) {
      const peer = await startPeer(program);
      if ('missing' in peer) console.error(`${subject} is left out: ${peer.missing}`);
      else peers.push({ subject, peer });
    }
    const figures: Figure[] = [];
    for (const actors of scale.chainCounts) {
      const variants = [
        chainVariant(environment, watch, 'ours, local effects', localChain, actors),
        ...peers.map(({ subject, peer }) => ({
          subject,
          actors,
          run: (durationMs: number) => peer.run(actors, durationMs),
        })),
      ];
      figures.push(...(await measureInTurn(environment, scale, variants)));
    }
    return figures;
  } finally {
    await Promise.all(peers.map(({ peer }) => peer.stop()));
    await worker.stop();
  }
}

async function measureInTurn(
  { server }: Environment,
  scale: Scale,
  variants: readonly Variant[],
): Promise<readonly Figure[]> {
  const results = await runInTurn(variants, scale.peers);
  const restate = results[variants.findIndex(({ subject }) => subject === 'Restate')];
  return variants.flatMap(({ subject, actors }, index) => {
    const row = { benchmark: 'peers', syncMode: server.syncMode, subject, actors };
    const rounds = (results[index] ?? []).map((round, number) => ({
      ...round,
      ...shareOf(round, restate?.[number]),
    }));
    return toFigures(row, rounds);
  });
}

function shareOf(round: Round, restate: Round | undefined): Round {
  return restate === undefined
    ? {}
    : { 'of Restate': (round['per second'] ?? 0) / (restate['per second'] ?? Number.NaN) };
}
