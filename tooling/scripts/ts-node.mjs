// Lets `node --import` run TypeScript through ts-node: on Node 20 its own command cannot load ES modules.
import { register } from 'node:module';

register('ts-node/esm', import.meta.url);
