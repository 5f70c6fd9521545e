/** One test of a program: a call of one of its functions, or text in and text out. */
export type CodeTest =
  | { readonly call: string; readonly args: readonly unknown[]; readonly returns: unknown }
  | { readonly input: string; readonly output: string };

/** What a program may use, per test. */
export interface CodeLimits {
  /** Time of one test, in ms. Default 2000. */
  readonly timeMs?: number;
  /** Memory of the program, in MiB. Default 64. */
  readonly memoryMiB?: number;
  /** Characters that it may print or return. Default 65 536. */
  readonly maxOutput?: number;
}

/** How one test went. `reason` says why it did not pass. */
export type CodeTestResult =
  | { readonly passed: true }
  | { readonly passed: false; readonly reason: string };
