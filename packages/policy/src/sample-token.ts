/**
 * Draws a token from softmax(logits / temperature), or takes the most probable one at temperature 0.
 * The softmax is computed in float64 on numbers shifted by their maximum.
 *
 * @param logits [V] unnormalised log-probs
 * @param temperature 0 or above
 * @param uniform one draw from [0, 1); not used at temperature 0
 * @returns the id and its log-prob in nats, at `temperature` (at 1 for temperature 0)
 * @throws if no logit is finite
 */
export function sampleToken(
  logits: Float32Array,
  temperature: number,
  uniform: number,
): { readonly id: number; readonly logProb: number } {
  const divisor = temperature === 0 ? 1 : temperature;
  let best = 0;
  for (let v = 1; v < logits.length; v++) if (logits[v] > logits[best]) best = v;
  const top = logits[best];
  if (!Number.isFinite(top)) {
    throw new Error(
      `sampleToken: needs finite logits, got a maximum of ${top}. The weights hold numbers that are not finite: lower the learning rate or go back to a checkpoint.`,
    );
  }
  let total = 0;
  for (let v = 0; v < logits.length; v++) total += Math.exp((logits[v] - top) / divisor);
  const id = temperature === 0 ? best : drawn(logits, top, divisor, uniform * total);
  return { id, logProb: (logits[id] - top) / divisor - Math.log(total) };
}

/** The first id at which the running sum of weights passes the target. */
function drawn(logits: Float32Array, top: number, divisor: number, target: number): number {
  let sum = 0;
  let last = 0;
  for (let v = 0; v < logits.length; v++) {
    const weight = Math.exp((logits[v] - top) / divisor);
    if (weight === 0) continue;
    sum += weight;
    last = v;
    if (sum > target) return v;
  }
  return last; // rounding left the target at the very end
}
