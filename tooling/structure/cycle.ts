/** Finds one cycle in a directed graph: its nodes in order, the first again at the end. */
export function findCycle(graph: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const finished = new Set<string>();
  const path: string[] = [];

  function visit(node: string): string[] | undefined {
    if (finished.has(node)) return undefined;
    const start = path.indexOf(node);
    if (start >= 0) return [...path.slice(start), node];
    path.push(node);
    for (const next of graph.get(node) ?? []) {
      const cycle = visit(next);
      if (cycle !== undefined) return cycle;
    }
    path.pop();
    finished.add(node);
    return undefined;
  }

  for (const node of graph.keys()) {
    const cycle = visit(node);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

/** Every node that can be reached from some, themselves included. */
export function reachable(
  from: readonly string[],
  next: (node: string) => readonly string[],
): Set<string> {
  const seen = new Set(from);
  for (const node of seen) for (const other of next(node)) seen.add(other);
  return seen;
}
