/**
 * Tools, learned by trying: a small model first imitates clerks who call tools at random, which shows it how calls are
 * written. Reinforcement learning, which is told only whether the right order was refunded or refused, teaches it to
 * look at the order that was asked for and to act by what it reads. Who does not look is right half the time at most.
 *
 * A control, whose rewards are dealt out anew among the episodes of each step, must not learn.
 *
 *   npm run tools [-- --seeds 1,2,3 --controls 1 --steps 60 --out runs/tools --resume]
 */
import { clerkTask } from './clerk-task.js';
import { compareWithControl } from './compare-with-control.js';

await compareWithControl(clerkTask, { name: 'tools', steps: 60, head: 'customers served, %' });
