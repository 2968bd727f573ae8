/** Dead letters: commands that were given up, whole, with why and where. Kept until a person drops them. */
import { z } from 'zod';
import { commandEnvelopeSchema } from './command.ts';
import { actorStatusSchema } from './event.ts';

export const thrownSchema = z.object({
  message: z.string(),
  code: z.string().exactOptional(),
  /** The first lines, the innermost call first. */
  stack: z.array(z.string()),
});
export type Thrown = Readonly<z.infer<typeof thrownSchema>>;

/** Where the actor stood when the command failed. */
const sceneSchema = z.object({
  value: z.json(),
  status: actorStatusSchema,
  /** The commit that sets the command aside. */
  n: z.number().int().positive(),
  /** Of the machine that ran. */
  version: z.number().int(),
});

export const deadLetterReasons = {
  threw: 'the machine threw',
  unstorable: 'its result could not be stored',
  startFailed: 'the machine threw when it was started',
  kindUnknown: 'no actor of this kind is registered',
  unreadable: 'it is not a command that this code can read',
} as const;
export type DeadLetterReason = keyof typeof deadLetterReasons;

/** What a commit holds of a letter; the commit knows the rest. */
export const deadLetterContentSchema = z.object({
  id: z.string(),
  reason: z.enum(['threw', 'unstorable', 'startFailed', 'kindUnknown', 'unreadable']),
  /** Absent when it could not be read, or has no room beside the state that could not be stored. */
  command: commandEnvelopeSchema.exactOptional(),
  /** Of a command that is not here: as much of its text as there is room for. */
  text: z.string().exactOptional(),
  error: thrownSchema,
  /** How often it was tried. */
  attempts: z.number().int().nonnegative(),
  /** Absent when there is no such actor. */
  scene: sceneSchema.exactOptional(),
});
export type DeadLetterContent = Readonly<z.infer<typeof deadLetterContentSchema>>;

export const deadLetterSchema = deadLetterContentSchema.extend({
  v: z.literal(1),
  /** As the subject had it: of an unreadable message it need not be an address. */
  actor: z.object({ kind: z.string(), id: z.string() }),
  at: z.iso.datetime(),
});
export type DeadLetter = Readonly<z.infer<typeof deadLetterSchema>>;

/** A letter in the store, with what people have done about it. */
export const filedLetterSchema = z.object({
  letter: deadLetterSchema,
  replays: z.array(z.object({ commandId: z.string(), at: z.iso.datetime() })),
});
export type FiledLetter = Readonly<z.infer<typeof filedLetterSchema>>;

/** What the command was, in a word or two: the type of what was to be delivered, else its purpose. */
export function describeCommand({ command }: Pick<DeadLetterContent, 'command'>): string {
  if (command === undefined) return 'not kept';
  return command.purpose === 'deliver' ? command.body.type : command.purpose;
}
