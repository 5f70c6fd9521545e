/** How far the members of groups are told apart. */
export interface GroupTies {
  /** Groups with at least two values. */
  readonly groups: number;
  /** Share of those in which all values are equal: they give no advantage. 0 of no groups. */
  readonly tiedGroups: number;
  /** Share of the pairs within groups that are equal. 0 of no pairs. */
  readonly tiedPairs: number;
  /** Distinct values per group, on average; 0 of no groups. */
  readonly distinctPerGroup: number;
}

/**
 * @param values [B]; null does not take part
 * @param groupIds [B]
 */
export function groupTies(
  values: readonly (number | null)[],
  groupIds: readonly string[],
): GroupTies {
  const byGroup = new Map<string, number[]>();
  for (const [b, value] of values.entries()) {
    const members = byGroup.get(groupIds[b]) ?? [];
    if (value !== null) members.push(value);
    byGroup.set(groupIds[b], members);
  }
  const groups = [...byGroup.values()].filter((members) => members.length >= 2);
  const distinct = groups.map((members) => new Set(members).size);
  const pairs = groups.reduce((sum, { length: n }) => sum + (n * (n - 1)) / 2, 0);
  const tied = groups.reduce((sum, members) => sum + tiedPairs(members), 0);
  return {
    groups: groups.length,
    tiedGroups: ratio(distinct.filter((n) => n === 1).length, groups.length),
    tiedPairs: ratio(tied, pairs),
    distinctPerGroup: ratio(
      distinct.reduce((sum, n) => sum + n, 0),
      groups.length,
    ),
  };
}

function tiedPairs(members: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of members) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts.values()].reduce((sum, n) => sum + (n * (n - 1)) / 2, 0);
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
