import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compare, compareExact } from './errors.mjs';
import { withModel } from './with-model.mjs';

/** Logits and log-probs that were computed in float32. */
const FLOAT32 = { tolerance: 1e-4 };

/**
 * The cases of a model folder: scores of a padded batch, and greedy sampling.
 *
 * @param folder config.json, model.safetensors, reference.json of `model.generate` and its forward pass
 * @returns one `{ name, errors }` or `{ name, skip }` per case; `errors` computes when it is called
 */
export function modelCases(folder, { policy }) {
  const reference = JSON.parse(readFileSync(join(folder, 'reference.json'), 'utf8'));
  const { batch, greedy, batch_without_position_ids: padded } = reference;
  const opened = (use) => () => withModel(policy, folder, {}, use);
  const cases = [];
  if (batch) {
    cases.push({
      name: 'scores',
      errors: opened((model) => scoreErrors(model, policy, batch, batch, () => true)),
    });
  }
  if (greedy)
    cases.push({ name: 'greedy', errors: opened((model) => greedyErrors(model, greedy)) });
  if (batch && padded) {
    // Positions over the padding are those from the first token where a row has none.
    const isWhole = (row) => batch.attention_mask[row].every((seen) => seen === 1);
    cases.push({
      name: 'scores without position ids, unpadded rows',
      errors: opened((model) => scoreErrors(model, policy, batch, padded, isWhole)),
    });
    const others = batch.input_ids.filter((_, row) => !isWhole(row)).length;
    cases.push({
      name: `scores without position ids, ${others} padded rows`,
      skip: 'the engine counts positions from the first token and never over padding',
    });
  }
  return cases;
}

async function scoreErrors(model, policy, { input_ids, attention_mask }, wanted, isCompared) {
  const rows = input_ids.map((ids, row) => unpadded(ids, attention_mask[row]));
  const vocabulary = model.config.vocabularySize;
  const logitsOf = [];
  for (const { ids } of rows) logitsOf.push(await model.logits(ids)); // [T, V] each
  const after = (row, position) => {
    const place = rows[row].placeOf(position);
    return logitsOf[row].slice(place * vocabulary, (place + 1) * vocabulary);
  };
  const scored = rows.map(({ ids }) => ({ ids, mask: ids.map((_, t) => t > 0) }));
  const batch = policy.toTokenBatch(scored);
  const logProbs = await model.logProbs(batch); // [B, T]
  const { entropies } = await model.forwardBackward(batch, noLoss, { entropies: true }); // [B, T]
  const at = (values, row, place) => values[row * batch.shape[1] + place];
  // Of the distribution that the next token was drawn from; the last token has no next.
  const entropyAfter = (row, position) => {
    const next = rows[row].placeOf(position) + 1;
    if (next < rows[row].ids.length) return at(entropies, row, next);
    return entropyOf(after(row, position));
  };

  const logits = wanted.logits.filter(({ row }) => isCompared(row));
  const pairs = places(wanted.token_logps, isCompared);
  const states = places(wanted.entropies, isCompared);
  return {
    logits: compare(
      logits.flatMap(({ row, position }) => [...after(row, position)]),
      logits.flatMap(({ values }) => values),
      FLOAT32,
    ),
    'log-probs': compare(
      pairs.map(({ row, position }) => at(logProbs, row, rows[row].placeOf(position + 1))),
      pairs.map(({ value }) => value),
      FLOAT32,
    ),
    entropies: compare(
      states.map(({ row, position }) => entropyAfter(row, position)),
      states.map(({ value }) => value),
      FLOAT32,
    ),
  };
}

async function greedyErrors(model, { prompts, completions, logps }) {
  const sampled = await model.sampler().sample(
    prompts.map((ids) => ({ ids, seed: 1 })),
    {
      maxTokens: Math.max(...completions.map(({ length }) => length)),
      temperature: 0,
      stopIds: [],
    },
  );
  const upTo = (values, row) => values.slice(0, completions[row].length);
  const byRow = (rows) => Object.fromEntries(rows.map((ids, row) => [`row ${row}`, ids]));
  return {
    ids: compareExact(byRow(sampled.map(({ ids }, row) => upTo(ids, row))), byRow(completions)),
    'log-probs': compare(
      sampled.flatMap(({ logProbs }, row) => upTo(logProbs, row)),
      logps.flat(),
      FLOAT32,
    ),
  };
}

/** The tokens of a padded row, and where each of its positions went. */
export function unpadded(ids, mask) {
  const positions = ids.flatMap((_, t) => (mask[t] === 1 ? [t] : []));
  return {
    ids: positions.map((t) => ids[t]),
    placeOf: (position) => positions.indexOf(position),
  };
}

/** Row and position of every value that is there. */
function places(rows, isCompared) {
  return rows.flatMap((values, row) =>
    values.flatMap((value, position) =>
      value === null || !isCompared(row) ? [] : [{ row, position, value }],
    ),
  );
}

const noLoss = (logProbs) => ({ loss: 0, gradLogProbs: new Float64Array(logProbs.length) });

/** Nats; in float64 from float32 logits. */
function entropyOf(logits) {
  const most = Math.max(...logits);
  const total = logits.reduce((sum, z) => sum + Math.exp(z - most), 0);
  const logTotal = most + Math.log(total);
  return -[...logits].reduce((sum, z) => sum + Math.exp(z - logTotal) * (z - logTotal), 0);
}
