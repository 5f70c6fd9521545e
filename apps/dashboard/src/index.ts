export {
  type Dashboard,
  type DashboardOptions,
  DEFAULT_PORT,
  serveDashboard,
} from './server/serve-dashboard.js';
export type * from './types.js';
