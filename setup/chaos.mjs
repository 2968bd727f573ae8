/** `npm run chaos`: sets up what is missing, then runs the system on real servers under faults. Arguments are passed on. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bootstrap, orExplain, root } from './bootstrap.mjs';

await orExplain(bootstrap);
const main = join(root, 'dist', 'tests', 'chaos', 'main.js');
process.argv = [process.argv[0] ?? 'node', main, ...process.argv.slice(2)];
await import(pathToFileURL(main).href);
