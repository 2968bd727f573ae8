/** Plain JSON: what contexts, commands, events and effect inputs are made of. */
import { z } from 'zod';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

export const jsonObjectSchema = z.record(z.string(), z.json());
