/** `npm run build`: dependencies and build, nothing more. */
import { bootstrap, orExplain } from './bootstrap.mjs';

await orExplain(bootstrap);
