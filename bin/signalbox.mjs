#!/usr/bin/env node
/** The `signalbox` command. In a fresh clone it sets up first; then it is the compiled program, with its arguments. */
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { bootstrap, mainFile, orExplain } from '../setup/bootstrap.mjs';

if (!existsSync(mainFile)) await orExplain(bootstrap);
process.argv[1] = mainFile;
await import(pathToFileURL(mainFile).href);
