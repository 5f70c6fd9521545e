/**
 * The chance that at least one of k answers passes, estimated without bias from n answers of which c passed:
 *
 *     pass@k = 1 − C(n − c, k) / C(n, k) = 1 − Π_{i = n−c+1}^{n} (1 − k / i)
 *
 * Chen et al. 2021, equation 1, https://arxiv.org/abs/2107.03374.
 *
 * @throws where k is above n: so few answers say nothing about k of them
 * @example passAtK(4, 1, 2) // 0.5
 */
export function passAtK(n: number, c: number, k: number): number {
  if (!(k >= 1 && k <= n && c >= 0 && c <= n)) {
    throw new Error(`passAtK: needs 1 ≤ k ≤ n and 0 ≤ c ≤ n, got n ${n}, c ${c}, k ${k}.`);
  }
  if (n - c < k) return 1;
  let none = 1;
  for (let i = n - c + 1; i <= n; i++) none *= 1 - k / i;
  return 1 - none;
}
