/** Judges one delivery: condition, then goal. Pure; own properties only, so that no payload reaches code. */
import type { Json, JsonObject } from '../../runtime/contract/json.ts';
import type { TriggerDefinition } from './trigger.schema.ts';

export type Judgement =
  | { readonly status: 'accepted'; readonly goal: string }
  /** The condition is not met: nothing is wrong. */
  | { readonly status: 'ignored'; readonly reason: string }
  /** The payload does not hold what the goal needs. */
  | { readonly status: 'refused'; readonly reason: string };

/** A goal is shown in every prompt. */
const maxGoalLength = 16_000;

export function judgeDelivery(definition: TriggerDefinition, payload: JsonObject): Judgement {
  const { condition } = definition;
  if (condition !== null) {
    const found = readPath(payload, condition.path);
    if (found !== condition.equals) {
      const reason = `${condition.path} is ${JSON.stringify(found ?? null)}, not ${JSON.stringify(condition.equals)}`;
      return { status: 'ignored', reason };
    }
  }
  return renderGoal(definition.goalTemplate, payload);
}

function renderGoal(template: string, payload: JsonObject): Judgement {
  const missing: string[] = [];
  const goal = template
    .replace(/\{\{\s*([^{}]*?)\s*\}\}/gu, (_, path: string) => {
      const value = readPath(payload, path);
      if (typeof value === 'string' || typeof value === 'number') return String(value);
      missing.push(path);
      return '';
    })
    .trim();
  if (missing.length > 0) {
    return {
      status: 'refused',
      reason: `the goal needs ${missing.join(', ')}, which the payload does not have as text`,
    };
  }
  if (goal === '') return { status: 'refused', reason: 'the goal is empty' };
  if (goal.length > maxGoalLength) {
    return {
      status: 'refused',
      reason: `the goal has ${goal.length} characters, more than ${maxGoalLength}`,
    };
  }
  return { status: 'accepted', goal };
}

function readPath(payload: JsonObject, path: string): Json | undefined {
  let value: Json | undefined = payload;
  for (const key of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = Array.isArray(value) ? value[Number(key)] : value[key];
  }
  return value;
}
