/** Parses what a caller puts into a URL. Everything is checked, nothing is ignored: a misspelled parameter is an error. */
import type { Context } from 'hono';
import { z } from 'zod';
import { actorIdSchema } from '../../runtime/contract/address.ts';
import { SignalboxError } from '../../runtime/contract/errors.ts';

/** A page of either kind fits well below a megabyte in practice, and history answers it in one read. */
export const maxPageSize = 1000;
export const defaultPageSize = 200;

/** Digits only: `Number` would also take an empty text, `0x10` and `1e3`. */
const wholeNumber = z
  .string()
  .regex(/^\d{1,15}$/, 'must be a whole number')
  .transform(Number);

export const positionSchema = wholeNumber.default(0);
export const pageSizeSchema = wholeNumber
  .pipe(z.number().min(1).max(maxPageSize))
  .default(defaultPageSize);

/** Throws `SB_INPUT_INVALID`, naming the parameter and the ones there are. */
export function parseQuery<Shape extends z.ZodRawShape>(
  context: Context,
  schema: z.ZodObject<Shape>,
): z.output<z.ZodObject<Shape>> {
  const names = Object.keys(schema.shape);
  const next = names.length === 0 ? 'Leave the query out.' : `Accepted here: ${names.join(', ')}.`;
  const query: Record<string, string> = {};
  for (const [name, values] of Object.entries(context.req.queries())) {
    const [value] = values;
    if (values.length !== 1 || value === undefined) {
      throw refuse(`The parameter "${name}" is given ${values.length} times`, next);
    }
    query[name] = value;
  }
  const parsed = schema.safeParse(query);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const name = issue?.path.join('.') ?? '';
  const subject = name === '' ? 'The query' : `The parameter "${name}"`;
  throw refuse(`${subject} is not valid: ${issue?.message ?? 'unknown reason'}`, next);
}

/** An actor id from the path. Throws `SB_INPUT_INVALID`: it never reaches a store as anything but an id. */
export function parseActorId(text: string): string {
  const parsed = actorIdSchema.safeParse(text);
  if (parsed.success) return parsed.data;
  throw refuse(
    'The id in the path has characters or a length that ids do not have',
    'Use letters, digits, "-" and "_"; a child is written parent::child.',
  );
}

function refuse(message: string, next: string): SignalboxError {
  return new SignalboxError('SB_INPUT_INVALID', message, { next });
}
