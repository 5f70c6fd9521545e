/** The shortest end of each path that no other path ends with: `a/run-1`, `b/run-1` and `test`, not `runs/test`. */
export function shortNames(paths: readonly string[]): string[] {
  const endOf = (path: string, length: number) => path.split('/').slice(-length).join('/');
  return paths.map((path) => {
    for (let length = 1; ; length++) {
      const end = endOf(path, length);
      if (end === path || paths.filter((other) => endOf(other, length) === end).length === 1)
        return end;
    }
  });
}
