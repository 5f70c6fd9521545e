"""Makes a tiny Qwen3 that has seen how tools are called: python trl_tiny_model.py EXPORTED_FOLDER MODEL_FOLDER"""

import json
import random
import sys
from functools import partial
from pathlib import Path

import torch
import trl
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

exported, out = sys.argv[1:3]
sys.path.insert(0, exported)
from grpo_environment import GrpoEnvironment  # noqa: E402

STEPS = 80

torch.set_num_threads(1)
torch.manual_seed(1)
random.seed(1)
TEMPLATE = (Path(trl.__file__).parent / "chat_templates" / "qwen3.jinja").read_text()
MARKS = ["<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>", "<think>", "</think>"]
rows = [json.loads(line) for line in Path(exported, "train.jsonl").read_text().splitlines()]
things = [row["prompt"][-1]["content"].removeprefix("price of ") for row in rows]


def conversation(thing, answer):
    call = {"name": "price", "arguments": {"thing": thing}}
    return [
        {"role": "user", "content": f"price of {thing}"},
        {"role": "assistant", "content": "", "tool_calls": [{"type": "function", "function": call}]},
        {"role": "tool", "name": "price", "content": random.choice("123")},
        {"role": "assistant", "content": answer},
    ]


def make_tokenizer(texts):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=1200, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_special_tokens(["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    tokenizer.add_tokens([AddedToken(mark, normalized=False, special=False) for mark in MARKS])
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|endoftext|>", padding_side="left"
    )
    fast.chat_template = TEMPLATE
    return fast


tools = [GrpoEnvironment().price]
plain = PreTrainedTokenizerFast(tokenizer_object=Tokenizer(models.BPE()), chat_template=TEMPLATE)
render = partial(plain.apply_chat_template, tools=tools, tokenize=False)
tokenizer = make_tokenizer([render(conversation(thing, "2")) for thing in things])
config = Qwen3Config(
    vocab_size=len(tokenizer), hidden_size=64, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
    head_dim=16, intermediate_size=128, max_position_embeddings=1024, tie_word_embeddings=True,
    eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
)
model = Qwen3ForCausalLM(config)
print(f"{sum(p.numel() for p in model.parameters())} weights, {len(tokenizer)} tokens")

examples = []
for thing in things:
    for answer in "123":
        messages = conversation(thing, answer)
        for end in (2, 4):  # the call, then the answer
            prompt = tokenizer(render(messages[: end - 1], add_generation_prompt=True)).input_ids
            whole = tokenizer(render(messages[:end])).input_ids
            # What the template puts behind the last turn is no part of it.
            whole = whole[: len(whole) - whole[::-1].index(tokenizer.eos_token_id)]
            examples.append((torch.tensor(whole), torch.tensor([-100] * len(prompt) + whole[len(prompt) :])))

pad = partial(torch.nn.utils.rnn.pad_sequence, batch_first=True)
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
for step in range(STEPS):
    batch, labels = zip(*random.sample(examples, 6), strict=True)
    loss = model(
        input_ids=pad(batch, padding_value=tokenizer.pad_token_id), labels=pad(labels, padding_value=-100)
    ).loss
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
print(f"taught to call the tool: loss {loss.item():.3f}")
model.save_pretrained(out)
tokenizer.save_pretrained(out)
