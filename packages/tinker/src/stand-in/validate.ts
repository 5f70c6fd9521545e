/** Checks of bodies, with the words of the recorded server. */
import { Refusal } from './refusal.js';

type Body = Readonly<Record<string, unknown>>;

const LOSS_NAMES = [
  'cross_entropy',
  'importance_sampling',
  'ppo',
  'gspo',
  'cispo',
  'ppo_critic',
  'dppo',
];
const CONFIG_KEYS: Readonly<Record<string, readonly string[]>> = {
  ppo: ['clip_high_threshold', 'clip_low_threshold', 'value_clip'],
  cispo: ['clip_high_threshold', 'clip_low_threshold'],
};
const NAME = '^[a-zA-Z0-9_-]+$';

export function validate(route: string, body: Body): void {
  const problems = [...problemsOf(route, body)];
  if (problems.length > 0) throw new Refusal(422, problems);
}

function* problemsOf(route: string, body: Body): Generator<Body> {
  if (route === 'create_session') {
    if (!Array.isArray(body.tags)) {
      yield problem('list_type', ['body', 'tags'], 'Input should be a valid list', body.tags);
    }
    if (typeof body.sdk_version !== 'string') {
      yield problem('missing', ['body', 'sdk_version'], 'Field required', body);
    }
  }
  if (route === 'forward' || route === 'forward_backward') {
    const field = `${route}_input`;
    const input = (body[field] ?? {}) as Body;
    const name = String(input.loss_fn);
    if (!LOSS_NAMES.includes(name)) {
      const quoted = LOSS_NAMES.map((one) => `'${one}'`);
      const expected = `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`;
      yield {
        ...problem(
          'literal_error',
          [field, 'loss_fn'],
          `Input should be ${expected}`,
          input.loss_fn,
        ),
        ctx: { expected },
        url: 'https://errors.pydantic.dev/2.13/v/literal_error',
      };
    }
    const allowed = CONFIG_KEYS[name] ?? [];
    const odd = Object.keys((input.loss_fn_config ?? {}) as Body).filter(
      (k) => !allowed.includes(k),
    );
    if (odd.length > 0) {
      const list = (keys: readonly string[]) => `[${keys.map((key) => `'${key}'`).join(', ')}]`;
      const text = `Value error, Invalid loss_fn_config keys for loss_fn='${name}': ${list(odd)}. Allowed keys: ${list(allowed)}.`;
      yield {
        ...problem('value_error', [field], text, input),
        ctx: { error: {} },
        url: 'https://errors.pydantic.dev/2.13/v/value_error',
      };
    }
    if (hasNull(input.data)) {
      yield problem('float_type', [field, 'data'], 'Input should be a valid number', null);
    }
  }
  const isSave = route === 'save_weights' || route === 'save_weights_for_sampler';
  if (isSave && typeof body.path === 'string' && !new RegExp(NAME).test(body.path)) {
    yield {
      ...problem(
        'string_pattern_mismatch',
        ['body', 'path'],
        `String should match pattern '${NAME}'`,
        body.path,
      ),
      ctx: { pattern: NAME },
    };
  }
  if (route === 'asample') {
    const sources = [body.base_model, body.model_path].filter((one) => one !== undefined).length;
    const text =
      body.sampling_session_id !== undefined
        ? body.seq_id === undefined &&
          "Value error, 'seq_id' must be provided when 'sampling_session_id' is used"
        : sources !== 1 &&
          "Value error, When 'sampling_session_id' is not provided, exactly one of 'base_model' or 'model_path' must be provided";
    if (text) yield { ...problem('value_error', ['body'], text, body), ctx: { error: {} } };
  }
}

function problem(type: string, loc: readonly string[], msg: string, input: unknown): Body {
  return { type, loc, msg, input };
}

/** JSON has no NaN: a client that sends one sends null. */
function hasNull(value: unknown): boolean {
  if (value === null) return true;
  return typeof value === 'object' && Object.values(value).some(hasNull);
}
