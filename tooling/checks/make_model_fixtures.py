"""Makes the tiny models of packages/policy/fixtures and what transformers computes with them.

    python tooling/checks/make_model_fixtures.py packages/policy/fixtures [NAME...]

Each folder is a random model as `save_pretrained` writes it, with norms and biases randomised as well, and
reference.json:
- batch: input_ids, attention_mask, position_ids [B][T], padded on the left with id 0; logits at a few places
  {row, position, values [V]}; token_logps [B][T - 1], log p of input_ids[t + 1], null beside padding
- greedy: prompts, 16 tokens of generate(do_sample=False) each, their logps, and the gap between the two best
  logits, which is never below MIN_GAP
- padding_noise: largest difference of a logit between the padded batch and its rows alone
Sequences are longer than the sliding windows. Made with transformers 5.18.0, torch 2.13.0 (CPU, float32).
"""

import json
import os
import shutil
import sys

import numpy
import torch
import transformers
from transformers import AutoConfig, AutoModelForCausalLM

transformers.utils.logging.disable_progress_bar()

LENGTHS = [24, 13, 5, 20]
PROMPTS = [5, 9]
NEW_TOKENS = 16
MIN_GAP = 2e-3  # no near ties, so that greedy ids must agree exactly
MIN_DISTINCT = 6  # of the greedy ids: a model that repeats itself would agree too easily

common = dict(
    vocab_size=53,
    hidden_size=24,
    intermediate_size=40,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    head_dim=8,
    max_position_embeddings=64,
    initializer_range=0.35,
    pad_token_id=0,
    bos_token_id=1,
    eos_token_id=2,
)
# Small embeddings, so that a layer says more about the next token than the token before it does.
gemma = dict(common, initializer_range=0.15)
short = dict(
    common,
    model_type="llama",
    hidden_size=16,
    num_hidden_layers=1,
    num_attention_heads=2,
    num_key_value_heads=1,
)


def older(config):
    """The spelling of transformers 4: rope_theta and rope_scaling with `type`, torch_dtype."""
    rope = config.pop("rope_parameters")
    config["rope_theta"] = rope.pop("rope_theta")
    config["rope_scaling"] = {"type" if k == "rope_type" else k: v for k, v in rope.items()}
    config["torch_dtype"] = config.pop("dtype")


def older_gemma3(config):
    """Gemma 3 as it was released: two bases, rescaling of the layers that see all, a pattern of layers."""
    rope = config.pop("rope_parameters")
    config["rope_theta"] = rope["full_attention"].pop("rope_theta")
    config["rope_local_base_freq"] = rope["sliding_attention"]["rope_theta"]
    config["rope_scaling"] = rope["full_attention"]
    config["sliding_window_pattern"] = 3
    del config["layer_types"]


def scaled(theta=50.0, **rope):
    return dict(short, rope_parameters=dict(rope, rope_theta=theta))


FIXTURES = {
    "mistral-window": dict(common, model_type="mistral", sliding_window=6),
    "qwen2-windows": dict(
        {k: v for k, v in common.items() if k != "head_dim"},
        model_type="qwen2",
        use_sliding_window=True,
        sliding_window=5,
        max_window_layers=1,
        tie_word_embeddings=True,
    ),
    "qwen3-head-norms": dict(common, model_type="qwen3", head_dim=10, tie_word_embeddings=True),
    "smollm3-no-rope": dict(
        common, model_type="smollm3", num_hidden_layers=3, no_rope_layer_interval=2, rope_theta=10000.0
    ),
    "gemma": dict(common, model_type="gemma"),
    "gemma2-soft-caps": dict(
        gemma,
        model_type="gemma2",
        sliding_window=5,
        query_pre_attn_scalar=11,
        attn_logit_softcapping=2.0,
        final_logit_softcapping=8.0,
    ),
    "gemma3-two-ropes": dict(
        gemma,
        model_type="gemma3_text",
        num_hidden_layers=3,
        sliding_window=5,
        sliding_window_pattern=3,
        query_pre_attn_scalar=11,
        rope_parameters={
            "full_attention": {"rope_type": "default", "rope_theta": 500.0},
            "sliding_attention": {"rope_type": "default", "rope_theta": 50.0},
        },
    ),
    "gemma3-older-keys": dict(
        gemma,
        model_type="gemma3_text",
        num_hidden_layers=3,
        hidden_size=16,
        intermediate_size=24,
        sliding_window=5,
        sliding_window_pattern=3,
        query_pre_attn_scalar=7,
        rope_parameters={
            "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1000.0},
            "sliding_attention": {"rope_type": "default", "rope_theta": 100.0},
        },
    ),
    "llama-rope-linear": scaled(rope_type="linear", factor=3.0),
    "llama-rope-dynamic": scaled(rope_type="dynamic", factor=3.0),
    "llama-rope-llama3": scaled(
        rope_type="llama3",
        factor=8.0,
        low_freq_factor=1.0,
        high_freq_factor=4.0,
        original_max_position_embeddings=32,
    ),
    "llama-rope-yarn": scaled(rope_type="yarn", factor=4.0, original_max_position_embeddings=32),
    "llama-rope-longrope": scaled(
        rope_type="longrope",
        factor=2.0,
        short_factor=[1.0, 1.1, 1.7, 2.6],
        long_factor=[1.0, 2.0, 4.0, 8.0],
        original_max_position_embeddings=32,
    ),
    "gpt2-exact-gelu": dict(
        model_type="gpt2",
        vocab_size=53,
        n_embd=24,
        n_inner=40,
        n_layer=2,
        n_head=4,
        n_positions=48,
        activation_function="gelu",
        scale_attn_by_inverse_layer_idx=True,
        tie_word_embeddings=False,
        initializer_range=0.2,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
    ),
}
REWRITES = {"llama-rope-yarn": older, "mistral-window": older, "gemma3-older-keys": older_gemma3}


def make(folder, name, seed):
    settings = dict(FIXTURES[name])
    config = AutoConfig.for_model(settings.pop("model_type"), **settings)
    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_config(config)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() == 1:
                parameter.add_(0.3 * torch.randn_like(parameter))
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    path = os.path.join(folder, "config.json")
    if name in REWRITES:
        with open(path) as file:
            written = json.load(file)
        REWRITES[name](written)
        with open(path, "w") as file:
            json.dump(written, file, indent=2)
    # As a user would read the folder; "eager" is the attention that caps scores.
    return AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager"
    ).eval()


def numbers(tensor):
    return [float(str(x)) for x in tensor.numpy().astype(numpy.float32)]


def left_padded(rows):
    longest = max(len(row) for row in rows)
    ids = torch.tensor([[0] * (longest - len(row)) + row for row in rows])
    mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in rows])
    positions = (mask.cumsum(-1) - 1).clamp(min=0)
    return ids, mask, positions


@torch.no_grad()
def reference(model, name, seed):
    generator = torch.Generator().manual_seed(seed)
    vocabulary = model.config.vocab_size

    def draw(length):
        return torch.randint(3, vocabulary, (length,), generator=generator).tolist()

    rows = [draw(length) for length in LENGTHS]
    ids, mask, positions = left_padded(rows)
    logits = model(input_ids=ids, attention_mask=mask, position_ids=positions).logits
    logps = logits.log_softmax(-1)
    noise = 0.0
    for b, row in enumerate(rows):
        alone = model(input_ids=torch.tensor([row])).logits[0]
        noise = max(noise, (alone - logits[b, -len(row) :]).abs().max().item())
    width = ids.shape[1]
    token_logps = []
    for b in range(len(rows)):
        picked = numbers(logps[b, :-1].gather(-1, ids[b, 1:, None])[:, 0])
        token_logps.append([p if mask[b, t] else None for t, p in enumerate(picked)])
    places = [(0, width - 1), (0, 7), (1, width - 1), (2, width - 2), (3, width - 1), (3, 15)]

    prompts = [draw(length) for length in PROMPTS]
    prompt_ids, prompt_mask, _ = left_padded(prompts)
    model.generation_config.eos_token_id = None
    out = model.generate(
        input_ids=prompt_ids,
        attention_mask=prompt_mask,
        do_sample=False,
        max_new_tokens=NEW_TOKENS,
        return_dict_in_generate=True,
        output_logits=True,
    )
    steps = torch.stack(out.logits, 1).float()  # [2, 16, V]
    chosen = out.sequences[:, prompt_ids.shape[1] :]
    best = steps.topk(2, -1).values
    gaps = best[..., 0] - best[..., 1]
    greedy_logps = steps.log_softmax(-1).gather(-1, chosen[..., None])[..., 0]
    return gaps.min().item(), {
        "kind": "model-reference",
        "model": name,
        "versions": {"transformers": transformers.__version__, "torch": torch.__version__},
        "precision": "float32",
        "batch": {
            "input_ids": ids.tolist(),
            "attention_mask": mask.tolist(),
            "position_ids": positions.tolist(),
            "logits": [
                {"row": b, "position": t, "values": numbers(logits[b, t])} for b, t in places
            ],
            "token_logps": token_logps,
        },
        "padding_noise": noise,
        "greedy": {
            "prompts": prompts,
            "completions": chosen.tolist(),
            "logps": [numbers(row) for row in greedy_logps],
            "top2_logit_gap": [numbers(row) for row in gaps],
        },
    }


def main(target, names):
    for name in names or FIXTURES:
        folder = os.path.join(target, name)
        for seed in range(1, 20):
            model = make(folder, name, seed)
            gap, found = reference(model, name, seed)
            distinct = len({i for row in found["greedy"]["completions"] for i in row})
            if gap > MIN_GAP and distinct >= MIN_DISTINCT:
                break
        with open(os.path.join(folder, "reference.json"), "w") as file:
            lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in found.items()]
            file.write("{\n" + ",\n".join(lines) + "\n}\n")
        size = sum(os.path.getsize(os.path.join(folder, f)) for f in os.listdir(folder))
        print(f"{name}: seed {seed}, gap {gap:.4f}, {size} bytes, {distinct} greedy ids,"
              f" padding noise {found['padding_noise']:.1e}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
