/** For tests of what trains on a server: a server of the Tinker protocol in this process. */
export { startStandIn } from './stand-in/stand-in.js';
export type {
  Fault,
  SeenRequest,
  StandIn,
  StandInModel,
  StandInOptions,
} from './stand-in/types.js';
