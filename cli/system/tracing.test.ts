/** One trace follows a command across actors, effects and workers that die, as the collector of traces sees it. */
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TraceIdRatioBasedSampler,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace-base';
import { describe, expect, it, vi } from 'vitest';
import { createRegistry } from '../../runtime/core/registry.ts';
import {
  describeScenarioEvents,
  scenarioActors,
  scenarioCommits,
  scenarioEvents,
  scenarioPools,
  startScenario,
} from '../../runtime/testing/crash-scenario.ts';
import { createMemoryStorage, type MemoryStorage } from '../../runtime/testing/memory-storage.ts';
import { createSeverableProcess } from '../../runtime/testing/severed-storage.ts';
import { silentLog } from '../../runtime/worker/log.ts';
import { systemClock } from '../../runtime/worker/system-clock.ts';
import { createWorker, type Worker } from '../../runtime/worker/worker.ts';
import { createTracer } from './tracing.ts';

const partitionCount = 2;

interface Traced {
  readonly worker: Worker;
  readonly dead: () => boolean;
}

/** A worker with a tracer of its own; what it has not sent when it dies is lost. */
async function startTraced(
  storage: MemoryStorage,
  exporter: InMemorySpanExporter,
  dieAt = Infinity,
): Promise<Traced> {
  const process = createSeverableProcess(storage, systemClock);
  const sending = new SimpleSpanProcessor(exporter);
  const provider = new BasicTracerProvider({
    spanProcessors: [
      {
        onStart: () => undefined,
        onEnd: (span) => {
          if (!process.severed) sending.onEnd(span);
        },
        forceFlush: () => sending.forceFlush(),
        shutdown: () => sending.shutdown(),
      },
    ],
  });
  let commits = 0;
  const worker = createWorker({
    namespace: 'test',
    partitionCount,
    workerId: 'stable',
    registry: createRegistry(scenarioActors),
    storage: process.storage,
    clock: process.clock,
    log: silentLog,
    concurrency: scenarioPools,
    tracer: createTracer(provider),
    observer: {
      committed: () => {
        commits += 1;
        if (commits === dieAt) process.sever(0);
      },
    },
  });
  await worker.start();
  return { worker, dead: () => process.severed };
}

const openStorage = (): MemoryStorage =>
  createMemoryStorage({ clock: systemClock, partitionCount, ackWaitMs: 60 });

async function waitForEnd(storage: MemoryStorage): Promise<void> {
  await vi.waitFor(
    () => {
      expect(describeScenarioEvents(storage.listEvents())).toEqual(scenarioEvents);
    },
    { timeout: 5_000, interval: 10 },
  );
}

/** The trace of the order; the ledger was opened by another command, in a trace of its own. */
function traceOfOrder(storage: MemoryStorage): string {
  const told = storage.listEvents().filter(({ kind }) => kind === 'order');
  const traces = new Set(told.map(({ trace = '' }) => trace.split('-')[1] ?? ''));
  expect(traces.size).toBe(1);
  return [...traces][0] ?? '';
}

function describeParents(spans: readonly ReadableSpan[]): readonly string[] {
  const names = new Map(spans.map((span) => [span.spanContext().spanId, span.name]));
  const nameOf = (id: string | undefined): string =>
    id === undefined ? 'nothing' : (names.get(id) ?? 'a lost span');
  return spans
    .map(({ name, parentSpanContext }) => `${name} after ${nameOf(parentSpanContext?.spanId)}`)
    .toSorted();
}

describe.concurrent('the trace of a command', () => {
  it('has every commit and every effect under what led to it', async () => {
    const storage = openStorage();
    const exporter = new InMemorySpanExporter();
    const { worker } = await startTraced(storage, exporter);
    await startScenario(storage.commands);
    await waitForEnd(storage);
    await worker.stop();
    const trace = traceOfOrder(storage);
    const spans = exporter.getFinishedSpans();
    const ofOrder = spans.filter((span) => span.spanContext().traceId === trace);
    expect(describeParents(ofOrder)).toEqual(
      [
        'commit order after nothing',
        'effect order price after commit order',
        'commit order after effect order price',
        'commit ledger after commit order',
        'commit cook after commit order',
        'effect cook bake after commit cook',
        'commit cook after effect cook bake',
        'commit cook after commit cook',
        'commit order after commit cook',
        'commit order after commit order',
        'commit ledger after commit order',
      ].toSorted(),
    );
    expect(spans.length - ofOrder.length).toBe(1);
    expect(new Set(storage.listEvents().map((event) => event.trace?.split('-')[1]))).toEqual(
      new Set([trace]),
    );
  });

  it.each(Array.from({ length: scenarioCommits }, (_, index) => index + 1))(
    'goes on in the next worker when one dies at commit %i',
    async (death) => {
      const storage = openStorage();
      const exporter = new InMemorySpanExporter();
      const first = await startTraced(storage, exporter, death);
      await startScenario(storage.commands);
      await vi.waitFor(() => {
        expect(first.dead()).toBe(true);
      });
      const { worker } = await startTraced(storage, exporter);
      await waitForEnd(storage);
      await worker.stop();
      const trace = traceOfOrder(storage);
      const ofOrder = exporter
        .getFinishedSpans()
        .filter((span) => span.spanContext().traceId === trace);
      const parents = describeParents(ofOrder);
      expect(parents.filter((line) => line.endsWith('after nothing')).length).toBeLessThan(2);
      const names = new Set(ofOrder.map(({ name }) => name));
      expect([...names].toSorted()).toEqual(
        expect.arrayContaining(death === scenarioCommits ? [] : ['commit ledger', 'commit order']),
      );
      expect(new Set(storage.listEvents().map((event) => event.trace?.split('-')[1]))).toEqual(
        new Set([trace]),
      );
    },
  );

  it('is not recorded anywhere when its beginning was not sampled', async () => {
    const storage = openStorage();
    const exporter = new InMemorySpanExporter();
    const provider = new BasicTracerProvider({
      sampler: new TraceIdRatioBasedSampler(0),
      spanProcessors: [new SimpleSpanProcessor(exporter)],
    });
    const worker = createWorker({
      namespace: 'test',
      partitionCount,
      workerId: 'stable',
      registry: createRegistry(scenarioActors),
      storage,
      clock: systemClock,
      log: silentLog,
      concurrency: scenarioPools,
      tracer: createTracer(provider),
    });
    await worker.start();
    await startScenario(storage.commands);
    await waitForEnd(storage);
    await worker.stop();
    expect(exporter.getFinishedSpans()).toEqual([]);
    expect(storage.listEvents().map(({ trace }) => trace?.slice(-3))).toEqual(
      storage.listEvents().map(() => '-00'),
    );
  });

  it('costs not even a field when nobody traces', async () => {
    const storage = openStorage();
    const worker = createWorker({
      namespace: 'test',
      partitionCount,
      workerId: 'stable',
      registry: createRegistry(scenarioActors),
      storage,
      clock: systemClock,
      log: silentLog,
      concurrency: scenarioPools,
    });
    await worker.start();
    await startScenario(storage.commands);
    await waitForEnd(storage);
    await worker.stop();
    expect(storage.listEvents().filter((event) => 'trace' in event)).toEqual([]);
  });
});
