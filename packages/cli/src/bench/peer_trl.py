"""The peer of `grpo bench`: the same training steps on TRL's GRPOTrainer, torch on the processor.

    python peer_trl.py '{"hidden": 256, "layers": 4, "vocabulary": 512, "prompts": 4, "group": 8, "prompt": 32, "completion": 64}'

Needs trl, transformers, torch and datasets. Each line of standard input is a JSON list with the tokens of each answer of
one step; one line answers with the seconds of the whole step and of its generation, and the peak memory in MiB so far.
"""
import json
import os
import random
import resource
import sys
import tempfile
import time

os.environ.update(HF_HUB_OFFLINE="1", WANDB_MODE="disabled", TRL_EXPERIMENTAL_SILENCE="1")
answers = os.fdopen(os.dup(1), "w")  # what the trainer prints goes to standard error
os.dup2(2, 1)
sys.modules["wandb"] = None  # nothing is reported to it, and an install of it that is broken must not matter

import torch
import transformers
import trl
from datasets import Dataset
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, LogitsProcessor, LogitsProcessorList, PreTrainedTokenizerFast
from trl import GRPOConfig, GRPOTrainer

task = json.loads(sys.argv[1])
hidden, vocabulary, prompt = task["hidden"], task["vocabulary"], task["prompt"]
batch = task["prompts"] * task["group"]
random.seed(0)
torch.manual_seed(0)

PAD, BOS, EOS = 0, 1, 2
ids = {"<pad>": PAD, "<bos>": BOS, "<eos>": EOS}
for code in range(32, 127):
    ids[chr(code)] = len(ids)
core = Tokenizer(models.WordLevel(ids, unk_token="<pad>"))
core.pre_tokenizer = pre_tokenizers.Split("", "isolated")
core.decoder = decoders.Fuse()
tokenizer = PreTrainedTokenizerFast(
    tokenizer_object=core, pad_token="<pad>", bos_token="<bos>", eos_token="<eos>", padding_side="left"
)
heads = max(1, hidden // 64)
model = LlamaForCausalLM(
    LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=hidden,
        intermediate_size=4 * hidden,
        num_hidden_layers=task["layers"],
        num_attention_heads=heads,
        num_key_value_heads=heads,
        max_position_embeddings=4096,
        tie_word_embeddings=True,
        bos_token_id=BOS,
        eos_token_id=EOS,
        pad_token_id=PAD,
    )
)

lengths = []


class ForcedLengths(LogitsProcessor):
    """Ends each answer at its own length and never before; one of full length is cut off by the trainer."""

    def __init__(self):
        self.begun = None

    def __call__(self, sequences, scores):
        self.begun = sequences.shape[1] if self.begun is None else self.begun
        count = sequences.shape[1] - self.begun + 1
        scores[:, EOS] = -float("inf")
        for row, length in enumerate(lengths):
            if count >= length and length < task["completion"]:
                scores[row] = -float("inf")
                scores[row, EOS] = 0.0
        return scores


generate = model.generate


def forced(*args, **kwargs):
    return generate(*args, **{**kwargs, "logits_processor": LogitsProcessorList([ForcedLengths()])})


model.generate = forced


def digits(completions, **_):
    return [sum(c.isdigit() for c in text) / max(1, len(text)) for text in completions]


output = tempfile.TemporaryDirectory(prefix="grpo-bench-peer-")
trainer = GRPOTrainer(
    model=model,
    reward_funcs=digits,
    train_dataset=Dataset.from_dict(
        {"prompt": [f"{i % 97}+{i % 89}=".ljust(prompt, "x")[:prompt] for i in range(512)]}
    ),
    processing_class=tokenizer,
    args=GRPOConfig(
        output_dir=output.name,
        per_device_train_batch_size=batch,
        num_generations=task["group"],
        max_completion_length=task["completion"],
        max_steps=10**6,
        logging_steps=1,
        report_to=[],
        use_cpu=True,
        bf16=False,
        beta=0.0,
        loss_type="dapo",
        learning_rate=1e-4,
        save_strategy="no",
        gradient_checkpointing=False,
        disable_tqdm=True,
    ),
)

generation = 0.0
inner = trainer._generate


def timed(*args, **kwargs):
    global generation
    started = time.perf_counter()
    result = inner(*args, **kwargs)
    generation += time.perf_counter() - started
    return result


trainer._generate = timed


def say(answer):
    print(json.dumps(answer), file=answers, flush=True)


class TakesOrders(transformers.TrainerCallback):
    """Waits for a line before each step, and tells what it took after it."""

    def on_step_begin(self, *_, **__):
        global lengths, generation
        line = sys.stdin.readline()
        if not line:
            output.cleanup()
            os._exit(0)  # the trainer has a million steps to go
        lengths, generation = json.loads(line), 0.0
        self.started = time.perf_counter()

    def on_step_end(self, *_, **__):
        seconds = time.perf_counter() - self.started
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        say({"kind": "step", "seconds": seconds, "parts": {"sampling": generation}, "peakMib": peak})


trainer.add_callback(TakesOrders())
say({"kind": "ready", "name": f"TRL {trl.__version__}, torch {torch.__version__}, {torch.get_num_threads()} threads"})
trainer.train()
