import { extname } from 'node:path';
import { type Dataset, readCsv, readJson, readJsonl, readParquet } from '@grpo/envs';

const readers: Readonly<Record<string, (path: string) => Dataset | Promise<Dataset>>> = {
  '.jsonl': (path) => readJsonl(path),
  '.json': (path) => readJson(path),
  '.csv': (path) => readCsv(path),
  '.parquet': (path) => readParquet(path),
};

/**
 * Reads a file of rows by the ending of its name.
 *
 * @throws where the ending is unknown or the file cannot be read
 */
export async function readDataset(path: string): Promise<Dataset> {
  const read = readers[extname(path).toLowerCase()];
  if (read !== undefined) return read(path);
  throw new Error(
    `readDataset: needs a file that ends with ${Object.keys(readers).join(', ')}, got ${path}. Convert it, or read it in grpo.config.ts.`,
  );
}
