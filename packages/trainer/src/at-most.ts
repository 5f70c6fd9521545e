/**
 * Runs a piece of work for each number from 0 to count − 1, a bounded number at once, begun in order.
 *
 * @param signal where it is aborted, no more work is begun; what runs is waited for
 * @returns [count] results by number, whenever they came
 * @throws the first error, once what runs has ended
 */
export async function atMost<Value>(
  limit: number,
  count: number,
  work: (number: number) => Promise<Value>,
  signal?: AbortSignal,
): Promise<Value[]> {
  const results = new Array<Value>(count);
  const errors: unknown[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count && errors.length === 0 && !signal?.aborted) {
      const number = next++;
      try {
        results[number] = await work(number);
      } catch (error) {
        errors.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, count) }, worker));
  signal?.throwIfAborted();
  if (errors.length > 0) throw errors[0];
  return results;
}
