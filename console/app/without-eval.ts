/** Must be loaded before any schema is made: the content security policy forbids code made from text, which zod tries. */
import { config } from 'zod';

config({ jitless: true });
