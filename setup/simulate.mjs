/** `npm run simulate`: sets up what is missing, then runs the simulation of the protocol. Arguments are passed on. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bootstrap, orExplain, root } from './bootstrap.mjs';

await orExplain(bootstrap);
const main = join(root, 'dist', 'runtime', 'testing', 'simulation', 'main.js');
process.argv = [process.argv[0] ?? 'node', main, ...process.argv.slice(2)];
await import(pathToFileURL(main).href);
