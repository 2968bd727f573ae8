/** Gates that let everything through: for tests of effects that use no limits. */
import type { EffectGates } from '../worker/effect-gates.ts';

export const openGates: EffectGates = { pass: (_, attempt) => attempt() };
