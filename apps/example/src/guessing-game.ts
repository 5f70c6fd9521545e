/**
 * A game of several turns, learned from scratch: the model starts from random weights, hears `higher` or `lower`, and
 * is paid for the right number. A player who halves the range always wins; nobody shows the model how.
 *
 * A control, whose rewards are dealt out anew among the episodes of each step, must not learn.
 *
 *   npm run guessing [-- --seeds 1,2,3 --controls 1 --steps 240 --out runs/guessing --resume]
 */
import { compareWithControl } from './compare-with-control.js';
import { guessingTask } from './guessing-task.js';

const task = guessingTask(7, 3); // just enough guesses to halve the range each time
await compareWithControl(task, { name: 'guessing', steps: 240, head: 'games won, %' });
