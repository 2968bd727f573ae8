/** Content hashes: the same content gives the same hash, whatever the order of its keys. */
import { createHash } from 'node:crypto';
import type { WorkflowDefinition } from './definition.schema.ts';

/** JSON with the keys of every object sorted. Keys without a value (undefined) are left out. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`);
  return `{${entries.join(',')}}`;
}

/** sha256 of the canonical JSON of any plain value, in hex. */
export function hashJson(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex');
}

/** What a session pins: 64 hex digits. */
export function hashDefinition(definition: WorkflowDefinition): string {
  return hashJson(definition);
}
