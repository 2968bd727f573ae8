/** Plain JSON: what contexts, commands, events and effect inputs are made of. */
import { z } from 'zod';

const jsonSchema = z.json();
export type Json = z.infer<typeof jsonSchema>;
export type JsonObject = { [key: string]: Json };

export const jsonObjectSchema = z.record(z.string(), jsonSchema);
