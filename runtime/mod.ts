/** The runtime's public API: what an actor's author needs. The one barrel of the project. */
export {
  listOrder,
  mostWaiting,
  type Line,
  type SlotLimits,
  type SlotRequest,
} from './admission/fair-line.ts';
export { lineSchema } from './admission/line.schema.ts';
export { defineWorkQueue, workQueueAddress } from './admission/work-queue.actor.ts';
export type {
  SlotAnswer,
  WorkQueueCommand,
  WorkQueueEvent,
} from './admission/work-queue.machine.ts';
export {
  childActorId,
  formatAddress,
  parseAddress,
  type ActorAddress,
} from './contract/address.ts';
export { SignalboxError } from './contract/errors.ts';
export type { StoredEvent } from './contract/event.ts';
export type { TreeLimits } from './contract/tree-limits.ts';
export type { Json, JsonObject } from './contract/json.ts';
export type { ActorState } from './core/actor-state.ts';
export {
  createChildGroup,
  losersOfGroup,
  recordEnd,
  statusOfGroup,
  type ChildGroup,
  type GroupOptions,
  type GroupStatus,
} from './core/child-group.ts';
export type { ChildOptions } from './core/child-definition.ts';
export {
  childSource,
  defineActor,
  effectSource,
  type ActorDefinition,
  type MachineVersionOptions,
  type WhenChanged,
} from './core/definition.ts';
export {
  createMachineGate,
  type GateRow,
  type GateVerdict,
  type MachineGate,
} from './core/machine-gate.ts';
export type { Migratable, Migration } from './core/migration.ts';
export { createRegistry, type Registry } from './core/registry.ts';
export { decodeExportLine, encodeExportLine, type ExportedState } from './core/state-export.ts';
export type { DeadLetter, FiledLetter } from './contract/dead-letter.ts';
export type { DeadLetters } from './nats/dead-letters.ts';
export {
  localEffect,
  poolEffect,
  type CircuitUse,
  type EffectContext,
  type EffectDefinition,
  type RateLimitUse,
} from './core/effect-definition.ts';
export {
  EffectFailure,
  describeEffectError,
  readEffectError,
  type EffectError,
  type EffectFailureOptions,
} from './core/effect-error.ts';
export type { EffectStalledEvent } from './core/effect-stalled.ts';
export type { Backoff, Jitter, RetryPolicy } from './core/retry.ts';
export type { BucketLimit } from './core/token-bucket.ts';
export type { RestartPolicy, Supervision } from './core/supervision.ts';
export type { Priority } from './core/lanes.ts';
export { sendCommand, startActor } from './core/send-command.ts';
export { eventsOf, isUnreadable, type EventSource, type StreamItem } from './core/event-source.ts';
export type { CommandSender, OperatorCommands, Receipt, StartOptions } from './core/ports.ts';
export { defineSchedule, type ScheduleOptions } from './schedules/schedule.actor.ts';
export type { ScheduleCommand, ScheduleEvent } from './schedules/schedule.events.ts';
export type { ScheduleInput } from './schedules/schedule-settings.ts';
export type { Span, SpanStart, Tracer } from './core/tracer.ts';
export type { WorkerLog } from './worker/log.ts';
export type {
  AttemptOutcome,
  BatchFacts,
  EffectAttempt,
  WorkerObserver,
} from './worker/worker-observer.ts';
export { defaultRetention, type Retention } from './nats/retention.ts';
export { openRuntime, type Runtime, type RuntimeOptions } from './open-runtime.ts';
