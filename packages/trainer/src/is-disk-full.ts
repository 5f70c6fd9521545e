/** No room, over the quota, or over the largest size that a file may have. */
const CODES = ['ENOSPC', 'EDQUOT', 'EFBIG'];

/** Whether an error, or what caused it, says that nothing more can be written. */
export function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return CODES.includes((error as NodeJS.ErrnoException).code ?? '') || isDiskFull(error.cause);
}
