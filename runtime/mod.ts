/** The runtime's public API: what an actor's author needs. The one barrel of the project. */
export {
  childActorId,
  formatAddress,
  parseAddress,
  type ActorAddress,
} from './contract/address.ts';
export { SignalboxError, assertNever, describeError } from './contract/errors.ts';
export type { Json, JsonObject } from './contract/json.ts';
export { childSource, defineActor, effectSource, type ActorDefinition } from './core/definition.ts';
export {
  localEffect,
  noRetry,
  poolEffect,
  type EffectContext,
  type EffectDefinition,
  type RetryPolicy,
} from './core/effect-definition.ts';
export { describeEffectError, readEffectError, type EffectError } from './core/effect-error.ts';
export { sendCommand, startActor } from './core/send-command.ts';
export { isUnreadable, type EventSource, type StreamItem } from './core/event-source.ts';
export type { CommandSender, Receipt } from './core/ports.ts';
export { openRuntime, type Runtime, type RuntimeOptions } from './open-runtime.ts';
