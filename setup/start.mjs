/** `npm start`: sets up what is missing, then runs the whole system with the demo job. Arguments are passed on. */
import { pathToFileURL } from 'node:url';
import { bootstrap, mainFile, orExplain } from './bootstrap.mjs';

await orExplain(bootstrap);
process.argv = [process.argv[0] ?? 'node', mainFile, 'up', '--demo', ...process.argv.slice(2)];
await import(pathToFileURL(mainFile).href);
