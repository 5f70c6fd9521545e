/** Statuses as shells write them: 128 and the number of the signal. */
const STATUS = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Asks to stop at the first SIGINT or SIGTERM; the second exits at once.
 *
 * @returns takes the listeners off again
 */
export function onStopSignals(onStop: (signal: string) => void): () => void {
  let isStopping = false;
  const listener = (signal: NodeJS.Signals) => {
    if (isStopping) process.exit(STATUS[signal as keyof typeof STATUS]);
    isStopping = true;
    onStop(signal);
  };
  for (const signal of Object.keys(STATUS)) process.on(signal, listener);
  return () => {
    for (const signal of Object.keys(STATUS)) process.off(signal, listener);
  };
}
