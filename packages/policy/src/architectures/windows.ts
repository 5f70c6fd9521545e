import type { LayerAttention } from './architecture.js';
import type { Fields } from './fields.js';

/** What `layer_types` calls a layer that sees all, and one that sees a window. */
export type LayerType = 'full_attention' | 'sliding_attention';

/**
 * The entries of `layer_types`, one per layer.
 *
 * @param fallback the type of a layer where the file lists none
 */
export function layerTypes(
  field: Fields,
  source: string,
  layers: number,
  fallback: (layer: number) => LayerType,
): LayerType[] {
  const listed = field.list('layer_types');
  if (listed.length > 0 && listed.length < layers) {
    throw new Error(
      `parseModelConfig: needs ${layers} entries in "layer_types", one per layer, got ${listed.length} (${source}). Correct the file.`,
    );
  }
  return Array.from({ length: layers }, (_, layer) => {
    const type = listed[layer] ?? fallback(layer);
    if (type === 'full_attention' || type === 'sliding_attention') return type;
    throw new Error(
      `parseModelConfig: needs "full_attention" or "sliding_attention" in every entry of "layer_types", got ${JSON.stringify(type)} (${source}). No other attention is supported.`,
    );
  });
}

/**
 * Tokens that a layer of this type sees, its own included.
 *
 * @param window of a file that has no `sliding_window`; a null there means none
 */
export function windowOf(type: LayerType, field: Fields, window?: number): number | undefined {
  if (type === 'full_attention') return undefined;
  return field.size('sliding_window', field.has('sliding_window') ? undefined : window);
}

/** Qwen2 and Qwen3: with `use_sliding_window`, the layers from `max_window_layers` on see a window. */
export function qwenAttention(
  field: Fields,
  source: string,
  attention: readonly LayerAttention[],
): LayerAttention[] {
  const slides = field.truth('use_sliding_window', false) && windowIsSet(field);
  const from = field.number('max_window_layers', 28) ?? 0;
  const types = layerTypes(field, source, attention.length, (layer) =>
    slides && layer >= from ? 'sliding_attention' : 'full_attention',
  );
  if (!slides && types.includes('sliding_attention')) {
    throw new Error(
      `parseModelConfig: needs use_sliding_window and a sliding_window for the "sliding_attention" in "layer_types", got none (${source}). Correct the file.`,
    );
  }
  return attention.map((view, layer) => ({ ...view, window: windowOf(types[layer], field, 4096) }));
}

/** Whether there is a `sliding_window`, by the file or by default: only a null says that there is none. */
export function windowIsSet(field: Fields): boolean {
  return !field.has('sliding_window') || field.number('sliding_window') !== undefined;
}
