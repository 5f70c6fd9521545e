import type { Repo } from '../repo.js';
import {
  declaredIsImported,
  filesHaveNoCycle,
  importsGoDown,
  librariesAreDeclared,
  packagesHaveNoCycle,
  rowsMatchPackages,
  tensorAloneImportsTfjs,
} from './dependencies.js';
import {
  configsAreUniform,
  manifestsAreUniform,
  packagesHaveTheFiles,
  readmesFollowTheSkeleton,
  sourcesHaveTests,
} from './shape.js';
import { filesAreShort, linksLeadSomewhere, mathsIsDeterministic } from './sources.js';

/** Returns one sentence for each place that breaks a rule, none where all is well. */
export type Check = (repo: Repo) => string[];

/** Every rule, by the sentence it holds. */
export const checks = {
  'every package has a row in the table of levels': rowsMatchPackages,
  'imports go to lower levels, as the table allows': importsGoDown,
  'a package declares exactly the packages of ours that it imports': declaredIsImported,
  'a package declares the libraries that it imports': librariesAreDeclared,
  'packages do not depend on each other in a cycle': packagesHaveNoCycle,
  'files of a package do not import each other in a cycle': filesHaveNoCycle,
  'only @grpo/tensor imports TensorFlow.js': tensorAloneImportsTfjs,
  'every package has the same files': packagesHaveTheFiles,
  'every package.json has the same fields and scripts': manifestsAreUniform,
  'every package has the same compiler settings': configsAreUniform,
  'every README follows the skeleton': readmesFollowTheSkeleton,
  'every source has a test beside it': sourcesHaveTests,
  'maths packages use neither clocks nor unseeded chance': mathsIsDeterministic,
  'source files have at most 400 lines': filesAreShort,
  'links between Markdown files lead somewhere': linksLeadSomewhere,
} satisfies Record<string, Check>;

export type Rule = keyof typeof checks;
