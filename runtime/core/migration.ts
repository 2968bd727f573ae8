/** What a migration is given and gives back: all that is stored of an actor, as data. */
import { z } from 'zod';
import { childRecordSchema, persistedSnapshotSchema, timerRecordSchema } from './commit.ts';

export const migratableSchema = persistedSnapshotSchema
  .pick({ value: true, context: true, historyValue: true })
  .extend({
    /**
     * What the actor waits for, by the name its machine gave it. An effect may get another name; a local one
     * another source and input. What is left out is cancelled or stopped; what was not there cannot be added.
     */
    children: z.record(z.string(), childRecordSchema),
    /** Timers by id; what is left out is cancelled, and another id or time sets a timer anew. */
    timers: z.record(z.string(), timerRecordSchema.partial({ generation: true })),
  });
export type Migratable = z.infer<typeof migratableSchema>;

/** Pure. Gets a copy, so that it may change it and give it back. What it throws is the reason of a quarantine. */
export type Migration = (stored: Migratable) => Migratable;
