import { decoder, type ModelConfig, outputWeight } from '@grpo/policy';
import { graphRotary, graphSoftCap, promptAttention, stepAttention } from './attention.js';
import { type GraphWeights, graphOps, type Value } from './decoder-ops.js';
import { graphBuilder } from './graph-builder.js';
import type { Graph } from './model-proto.js';

/** What a graph runs: whole prompts, or one more token of sequences that are cached. */
export type Pass = 'prompt' | 'step';

/**
 * A decoder as a graph, from the description that the tensor engine computes.
 *
 * Inputs: `ids` [N]; what says where they stand (see `places`); for prompts `last` [P], the column of each one's last
 * token; for a step the cached keys and values of each layer; and the weights, by their names. Outputs: `logits` [P, V],
 * and each layer's new keys and values.
 */
export function compileDecoder(config: ModelConfig, weights: GraphWeights, pass: Pass): Graph {
  const graph = graphBuilder();
  const { node } = graph;
  const ops = {
    ...graphOps(graph, config, weights),
    ...graphRotary(graph, config),
    ...(pass === 'prompt' ? promptAttention(graph, config) : stepAttention(graph, config)),
  };
  const hidden: Value = decoder(ops, config); // [D, N]
  const ends =
    pass === 'prompt'
      ? node('Gather', [hidden.name, graph.input('last', ['p'], 'int32')], { axis: 1 }) // [D, P]
      : hidden.name; // [D, B]
  const name = outputWeight(config);
  const products = node('MatMul', [graph.input(name, weights.shapeOf(name)), ends]); // [V, P]
  const cap = config.logitSoftcap;
  const capped = cap === undefined ? products : graphSoftCap(graph, products, cap);
  const logits = node('Transpose', [capped], { perm: [1, 0] }); // [P, V]
  graph.output('logits', logits, ['p', config.vocabularySize]);
  return graph.build();
}
