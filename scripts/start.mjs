// @ts-check
/** `npm start`: sets up what is missing, then runs `hatchway up` with the arguments given behind `--`. */
import { join } from 'node:path';
import { become, buildPage, installPackages, root } from './setup.mjs';

installPackages();
buildPage();
become(join(root, 'bin/hatchway'), ['up', ...process.argv.slice(2)]);
