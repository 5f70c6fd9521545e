/** One sequence's keys and values: pages of memory, of which the first may be shared with others. */
export interface Sequence {
  readonly pages: number[];
  /** The position of the first token of each page. */
  readonly starts: number[];
  /** Tokens that are kept. */
  length: number;
  /** Its last token in the trace of what is trained on: a node, ROOT or LOST. */
  node: number;
}

/** Memory for keys and values in pages of equal size. It grows with what is kept, and what was freed is used again. */
export interface PageStore {
  /** What the pages lie in, `pagesPerSlab` in each. */
  readonly slabs: readonly Float32Array[];
  readonly pagesPerSlab: number;
  /** Makes room for so many more tokens; the length stays. A page that others read is not written to. */
  reserve(sequence: Sequence, tokens: number): void;
  /** Another sequence that goes on from here: nothing is copied. */
  branch(sequence: Sequence): Sequence;
  free(sequence: Sequence): void;
}

const SLAB_BYTES = 2 ** 23;

/**
 * @param pageSize numbers of a page
 * @param places tokens of a page
 * @param fresh makes an array of zeros
 */
export function createPageStore(
  pageSize: number,
  places: number,
  fresh: (numbers: number) => Float32Array = (numbers) => new Float32Array(numbers),
): PageStore {
  const pagesPerSlab = Math.max(1, Math.floor(SLAB_BYTES / (4 * pageSize)));
  const slabs: Float32Array[] = [];
  const readers: number[] = []; // sequences that hold each page
  const unused: number[] = [];

  function take(): number {
    if (unused.length === 0) {
      const first = slabs.length * pagesPerSlab;
      slabs.push(fresh(pagesPerSlab * pageSize));
      for (let page = first + pagesPerSlab - 1; page >= first; page--) unused.push(page);
    }
    const page = unused.pop() ?? 0;
    readers[page] = 1;
    return page;
  }

  return {
    slabs,
    pagesPerSlab,
    reserve: ({ pages, starts, length }, tokens) => {
      const last = pages.length - 1;
      const isOwn = last >= 0 && readers[pages[last]] === 1;
      let end = isOwn ? starts[last] + places : length;
      for (; end < length + tokens; end += places) {
        pages.push(take());
        starts.push(end);
      }
    },
    branch: ({ pages, starts, length, node }) => {
      for (const page of pages) readers[page] += 1;
      return { pages: [...pages], starts: [...starts], length, node };
    },
    free: ({ pages }) => {
      for (const page of pages) {
        readers[page] -= 1;
        if (readers[page] === 0) unused.push(page);
      }
    },
  };
}
