/** Exit statuses as shells write them: 128 and the number of the signal. */
const STATUS = { SIGINT: 130, SIGTERM: 143 } as const;
type StopSignal = keyof typeof STATUS;

/** What of the process is used; another one for tests. */
export interface SignalSource {
  on(signal: StopSignal, listener: (signal: StopSignal) => void): unknown;
  off(signal: StopSignal, listener: (signal: StopSignal) => void): unknown;
  exit(status: number): unknown;
}

/**
 * Asks to stop at the first SIGINT or SIGTERM, so that the step can be finished and saved; the second exits at once.
 *
 * @param onStop is told of the first signal
 * @returns takes the listeners off again
 */
export function onStopSignals(
  onStop: (signal: StopSignal) => void,
  source: SignalSource = process,
): () => void {
  let isStopping = false;
  const listener = (signal: StopSignal) => {
    if (isStopping) {
      source.exit(STATUS[signal]);
      return;
    }
    isStopping = true;
    onStop(signal);
  };
  for (const signal of Object.keys(STATUS) as StopSignal[]) source.on(signal, listener);
  return () => {
    for (const signal of Object.keys(STATUS) as StopSignal[]) source.off(signal, listener);
  };
}
