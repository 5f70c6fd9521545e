import ts from 'typescript';

/** One import of another module, however it is written. */
export interface Import {
  readonly specifier: string;
  /** Erased by the compiler: `import type`, `export type … from`, `import('x').T`. */
  readonly isTypeOnly: boolean;
  readonly line: number;
}

/** A value that a second run would not give again. */
export interface Draw {
  readonly what: string;
  readonly line: number;
}

export interface Scan {
  readonly imports: readonly Import[];
  readonly draws: readonly Draw[];
}

const CLOCKS_AND_CHANCE = new Set([
  'Math.random',
  'Date.now',
  'performance.now',
  'process.hrtime',
  'crypto.getRandomValues',
  'crypto.randomUUID',
]);

/** Reads a source's imports, and its uses of clocks and unseeded chance, from its syntax tree. */
export function scan(path: string, text: string): Scan {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest);
  const imports: Import[] = [];
  const draws: Draw[] = [];
  const lineOf = (node: ts.Node) =>
    file.getLineAndCharacterOfPosition(node.getStart(file)).line + 1;

  function add(node: ts.Node, specifier: ts.Node | undefined, isTypeOnly: boolean): void {
    if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return;
    imports.push({ specifier: specifier.text, isTypeOnly, line: lineOf(node) });
  }

  function visit(node: ts.Node): void {
    if (ts.isImportDeclaration(node)) {
      // `import { type A }` stays as `import {}`: with verbatimModuleSyntax the module still runs.
      const isTypeOnly = node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
      add(node, node.moduleSpecifier, isTypeOnly);
    } else if (ts.isExportDeclaration(node)) {
      add(node, node.moduleSpecifier, node.isTypeOnly);
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node, node.argument.literal, true);
    } else if (ts.isExternalModuleReference(node)) {
      add(node, node.expression, false);
    } else if (ts.isCallExpression(node) && isLoad(node.expression)) {
      add(node, node.arguments[0], false);
    } else if (ts.isPropertyAccessExpression(node)) {
      const what = node.getText(file).replace(/^globalThis\./, '');
      if (CLOCKS_AND_CHANCE.has(what)) draws.push({ what, line: lineOf(node) });
    } else if (ts.isNewExpression(node) && isNow(node)) {
      draws.push({ what: 'new Date()', line: lineOf(node) });
    }
    ts.forEachChild(node, visit);
  }
  visit(file);
  return { imports, draws };
}

function isLoad(callee: ts.Expression): boolean {
  return (
    callee.kind === ts.SyntaxKind.ImportKeyword ||
    (ts.isIdentifier(callee) && callee.text === 'require')
  );
}

function isNow({ expression, arguments: args }: ts.NewExpression): boolean {
  return ts.isIdentifier(expression) && expression.text === 'Date' && (args?.length ?? 0) === 0;
}
