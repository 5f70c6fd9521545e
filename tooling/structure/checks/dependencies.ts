/** Who may import whom. Each function returns one sentence per violation. */
import { findCycle } from '../cycle.js';
import { importedFile, npmPackage, type Package, packageId, type Repo } from '../repo.js';

export function rowsMatchPackages({ packages, levels }: Repo): string[] {
  const ids = new Set(packages.map(({ id }) => id));
  const without = packages.filter(({ id }) => levels[id] === undefined);
  const stale = Object.keys(levels).filter((id) => !ids.has(id));
  const upward = Object.entries(levels).flatMap(([id, row]) =>
    [...row.imports, ...row.types]
      .filter((other) => (levels[other]?.level ?? row.level) >= row.level)
      .map((other) => `levels.ts lets ${id} import ${other}, which is not on a lower level.`),
  );
  return [
    ...without.map(({ folder }) => `${folder} has no row in tooling/structure/levels.ts. Add one.`),
    ...stale.map((id) => `levels.ts has a row for ${id}, but there is no packages/${id}.`),
    ...upward,
  ];
}

export function importsGoDown({ packages, levels }: Repo): string[] {
  return packages.flatMap(({ id, sources }) => {
    const row = levels[id];
    if (row === undefined) return [];
    return sources.flatMap(({ path, isTest, imports }) =>
      imports.flatMap(({ specifier, isTypeOnly, line }) => {
        const other = packageId(specifier);
        if (other === undefined) return [];
        const at = `${path}:${line} imports ${specifier}`;
        if (other === id) return [`${at}, its own package. Use a relative path.`];
        if ((levels[other]?.level ?? row.level) >= row.level)
          return [`${at}, which is not on a lower level than ${id}.`];
        if (isTest || row.imports.includes(other)) return [];
        if (!row.types.includes(other)) return [`${at}; levels.ts does not let ${id} do so.`];
        return isTypeOnly ? [] : [`${at} as a value; levels.ts allows \`import type\` alone.`];
      }),
    );
  });
}

/** Sources' imports stand in `dependencies`, types too, since the .d.ts files name them; tests' in `devDependencies`. */
export function declaredIsImported({ packages, apps }: Repo): string[] {
  return [...packages, ...apps].flatMap((one) => {
    const { folder, manifest } = one;
    const bySources = ours(imported(one, false));
    const byTests = ours(imported(one, true)).filter((name) => !bySources.includes(name));
    return [
      ...compare(folder, 'dependencies', bySources, ours(Object.keys(manifest.dependencies ?? {}))),
      ...compare(
        folder,
        'devDependencies',
        byTests,
        ours(Object.keys(manifest.devDependencies ?? {})),
      ),
    ];
  });
}

function compare(
  folder: string,
  field: string,
  needs: readonly string[],
  has: readonly string[],
): string[] {
  return [
    ...needs
      .filter((name) => !has.includes(name))
      .map((name) => `${folder} imports ${name}; add it to its ${field}.`),
    ...has
      .filter((name) => !needs.includes(name))
      .map((name) => `${folder} lists ${name} in its ${field}, but nothing there imports it.`),
  ];
}

/** A published package that leans on what happens to be installed beside it breaks for its users. */
export function librariesAreDeclared({ packages }: Repo): string[] {
  return packages.flatMap((one) => {
    const { folder, manifest } = one;
    const declared = { ...manifest.dependencies, ...manifest.peerDependencies };
    return imported(one, false)
      .filter((name) => packageId(name) === undefined && declared[name] === undefined)
      .map((name) => `${folder} imports ${name}; add it to its dependencies.`);
  });
}

function imported({ sources }: Package, isTest: boolean): string[] {
  const names = sources
    .filter((source) => source.isTest === isTest)
    .flatMap(({ imports }) => imports.map(({ specifier }) => npmPackage(specifier)))
    .filter((name) => name !== undefined);
  return [...new Set(names)].sort();
}

function ours(names: readonly string[]): string[] {
  return names.filter((name) => packageId(name) !== undefined);
}

/** devDependencies count: the build follows them too. */
export function packagesHaveNoCycle({ packages }: Repo): string[] {
  const graph = new Map(
    packages.map(({ id, manifest }) => [
      id,
      Object.keys({ ...manifest.dependencies, ...manifest.devDependencies })
        .map(packageId)
        .filter((other) => other !== undefined),
    ]),
  );
  const cycle = findCycle(graph);
  return cycle === undefined ? [] : [`Packages depend on each other: ${cycle.join(' -> ')}.`];
}

/** Type-only imports count: two files that need each other's types are one file or three. */
export function filesHaveNoCycle({ packages, apps, files }: Repo): string[] {
  return [...packages, ...apps].flatMap(({ sources }) => {
    const graph = new Map(
      sources.map(({ path, imports }) => [
        path,
        imports.map((one) => importedFile(path, one, files)).filter((to) => to !== undefined),
      ]),
    );
    const cycle = findCycle(graph);
    return cycle === undefined ? [] : [`Files import each other: ${cycle.join(' -> ')}.`];
  });
}

export function tensorAloneImportsTfjs({ packages, apps }: Repo): string[] {
  return [...packages, ...apps]
    .filter(({ id }) => id !== 'tensor')
    .flatMap(({ sources }) =>
      sources.flatMap(({ path, imports }) =>
        imports
          .filter(({ specifier }) => specifier.startsWith('@tensorflow/'))
          .map(
            ({ specifier, line }) =>
              `${path}:${line} imports ${specifier}. Import from @grpo/tensor instead.`,
          ),
      ),
    );
}
