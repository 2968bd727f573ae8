/** The faults: what each does to which process, and for how long. Everything that is drawn is drawn from the seed. */
import { setTimeout } from 'node:timers/promises';
import { assertNever } from '../../runtime/contract/errors.ts';
import { stateStream } from '../../runtime/nats/streams.ts';
import type { Random } from '../../runtime/testing/simulation/random.ts';
import { space } from './chaos-actors.ts';
import type { Cut } from './route.ts';
import type { ServerNode } from './server-node.ts';
import type { Servers, Topology } from './servers.ts';
import type { Takeovers } from './takeovers.ts';
import { untilTrue } from './until-true.ts';
import type { WorkerFleet, WorkerSlot } from './worker-fleet.ts';

/** In words for the report. */
export const faultWords = {
  workerKill: 'worker killed (-9)',
  workerPause: 'worker paused for longer than its lease',
  clockJump: "worker's clock set forward or back, and right again",
  leaderKill: 'server killed (-9) that leads a partition',
  followerKill: 'server killed (-9) that follows',
  serverKill: 'the only server killed (-9)',
  serverPause: 'server paused',
  isolation: 'server cut off from the two others',
  linkCut: 'link between two servers cut',
  diskFull: "server's disk full, then restarted",
} as const;
export type FaultKind = keyof typeof faultWords;

const both: readonly FaultKind[] = [
  // Twice, because a takeover is what is measured.
  'workerKill',
  'workerKill',
  'workerPause',
  'clockJump',
  'serverPause',
  'diskFull',
];
export const faultsOf: Readonly<Record<Topology, readonly FaultKind[]>> = {
  cluster: [...both, 'leaderKill', 'followerKill', 'isolation', 'linkCut'],
  single: [...both, 'serverKill'],
};

/** A lease ends after five seconds without a renewal. */
const pastLeaseMs = { from: 7_000, to: 9_000 };
const downMs = { from: 200, to: 4_000 };
const cutMs = { from: 2_000, to: 9_000 };
const fullMs = { from: 2_000, to: 5_000 };
const wrongClockMs = { from: 2_000, to: 6_000 };
const largestShiftMs = 20_000;
/** Then it is not waited for any longer: the figures show it. */
const takeoverLimitMs = 30_000;

export interface FaultScene {
  readonly servers: Servers;
  readonly fleet: WorkerFleet;
  readonly takeovers: Takeovers;
  readonly random: Random;
  readonly log: (line: string) => void;
}

export interface FaultInjector {
  /** All at once; resolves when all are over, which is not yet when everything has recovered. */
  inject(kinds: readonly FaultKind[]): Promise<void>;
}

export function createFaultInjector(scene: FaultScene): FaultInjector {
  return {
    inject: async (kinds) => {
      const targets = createTargets(scene);
      const alone = kinds.length === 1;
      await Promise.all(kinds.map((kind) => injectOne(scene, targets, kind, alone)));
    },
  };
}

/** No process is the target of two faults at once. */
interface Targets {
  node(wanted?: (node: ServerNode) => boolean): ServerNode | undefined;
  slot(wanted?: (slot: WorkerSlot) => boolean): WorkerSlot | undefined;
}

function createTargets({ servers, fleet, random }: FaultScene): Targets {
  const taken = new Set<ServerNode | WorkerSlot>();
  const take = <Target extends ServerNode | WorkerSlot>(
    all: readonly Target[],
  ): Target | undefined => {
    const free = all.filter((one) => !taken.has(one));
    if (free.length === 0) return undefined;
    const target = random.pick(free);
    taken.add(target);
    return target;
  };
  return {
    node: (wanted = () => true) => take(servers.nodes.filter(wanted)),
    slot: (wanted = () => true) => take(fleet.slots.filter(wanted)),
  };
}

async function injectOne(
  scene: FaultScene,
  targets: Targets,
  kind: FaultKind,
  alone: boolean,
): Promise<void> {
  switch (kind) {
    case 'workerKill':
      return killWorker(
        scene,
        targets.slot(({ workerId }) => scene.takeovers.isOwner(workerId)),
        alone,
      );
    case 'workerPause':
      return pause(scene, targets.slot(), pastLeaseMs);
    case 'clockJump':
      return shiftClock(scene, targets.slot());
    case 'serverPause':
      return pause(scene, targets.node(), downMs);
    case 'serverKill':
      return killServer(scene, targets.node());
    case 'leaderKill':
    case 'followerKill': {
      const leader = await findLeader(scene);
      const wantsLeader = kind === 'leaderKill';
      return killServer(
        scene,
        targets.node(({ name }) => (name === leader) === wantsLeader),
      );
    }
    case 'isolation':
      return isolate(scene, targets.node());
    case 'linkCut':
      return cutLink(scene);
    case 'diskFull':
      return fillDisk(
        scene,
        targets.node((node) => node === scene.servers.nodes.at(-1)),
      );
    default:
      return assertNever(kind);
  }
}

interface Span {
  readonly from: number;
  readonly to: number;
}

const draw = ({ random }: FaultScene, { from, to }: Span): number => random.integer(from, to);

async function killWorker(
  { takeovers, log }: FaultScene,
  slot: WorkerSlot | undefined,
  alone: boolean,
): Promise<void> {
  if (slot === undefined) return;
  log(`${slot.name}: killed`);
  slot.kill(alone);
  await untilTrue('the partitions of a killed worker go on', takeoverLimitMs, async () => {
    return takeovers.waiting === 0;
  });
}

async function pause(
  scene: FaultScene,
  target: WorkerSlot | ServerNode | undefined,
  span: Span,
): Promise<void> {
  if (target === undefined) return;
  const pauseMs = draw(scene, span);
  scene.log(`${target.name}: paused for ${pauseMs} ms`);
  target.signal('SIGSTOP');
  await setTimeout(pauseMs);
  target.signal('SIGCONT');
}

async function shiftClock(scene: FaultScene, slot: WorkerSlot | undefined): Promise<void> {
  if (slot === undefined) return;
  const shiftMs = draw(scene, { from: -largestShiftMs, to: largestShiftMs });
  const wrongForMs = draw(scene, wrongClockMs);
  scene.log(`${slot.name}: clock off by ${shiftMs} ms for ${wrongForMs} ms`);
  slot.shiftClock(shiftMs);
  await setTimeout(wrongForMs);
  slot.shiftClock(0);
}

async function findLeader({ servers, random }: FaultScene): Promise<string | undefined> {
  const stream = stateStream(random.integer(0, space.partitionCount - 1));
  const answers = await Promise.all(servers.nodes.map((node) => node.findLeader(stream)));
  return answers.find((leader) => leader !== undefined);
}

async function killServer(scene: FaultScene, node: ServerNode | undefined): Promise<void> {
  if (node === undefined) return;
  const deadMs = draw(scene, downMs);
  scene.log(`${node.name}: killed for ${deadMs} ms`);
  await node.kill();
  await setTimeout(deadMs);
  await node.start();
}

const cuts: readonly Cut[] = ['silent', 'refused'];

async function isolate(scene: FaultScene, node: ServerNode | undefined): Promise<void> {
  if (node === undefined) return;
  const how = scene.random.pick(cuts);
  const cutForMs = draw(scene, cutMs);
  scene.log(`${node.name}: cut off (${how}) for ${cutForMs} ms`);
  const { servers } = scene;
  const heals = servers.nodes
    .filter((other) => other !== node)
    .map((other) => servers.cut(node, other, how));
  await setTimeout(cutForMs);
  for (const heal of heals) heal();
}

async function cutLink(scene: FaultScene): Promise<void> {
  const { servers, random, log } = scene;
  const one = random.pick(servers.nodes);
  const other = random.pick(servers.nodes.filter((node) => node !== one));
  const how = random.pick(cuts);
  const cutForMs = draw(scene, cutMs);
  log(`${one.name} and ${other.name}: cut from each other (${how}) for ${cutForMs} ms`);
  const heal = servers.cut(one, other, how);
  await setTimeout(cutForMs);
  heal();
}

/** JetStream gives up a full disk until it is started again. */
async function fillDisk(scene: FaultScene, node: ServerNode | undefined): Promise<void> {
  const { smallDisk } = scene.servers;
  if (node === undefined || smallDisk === undefined) return;
  const fullForMs = draw(scene, fullMs);
  scene.log(`${node.name}: disk full for ${fullForMs} ms`);
  smallDisk.fill();
  await setTimeout(fullForMs);
  smallDisk.empty();
  await node.kill();
  await node.start();
}
