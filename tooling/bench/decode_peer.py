"""The peer of decode.mjs: `generate` of transformers on torch, on the same shapes.

Reads lines from standard input; each one generates once and answers with the seconds that it took, on the wall and of the processor.
"""
import json
import os
import sys
import time

os.environ["HF_HUB_OFFLINE"] = "1"
import torch
from transformers import LlamaConfig, LlamaForCausalLM, LogitsProcessor, LogitsProcessorList

task = json.loads(sys.argv[1])
torch.manual_seed(0)
model = LlamaForCausalLM(LlamaConfig(**task["config"], bos_token_id=1, eos_token_id=2, pad_token_id=0)).eval()
ids = torch.tensor(task["ids"])
lengths = task["lengths"]


class EndAt(LogitsProcessor):
    """Ends row i after its own number of tokens, and never before."""

    def __call__(self, sequences, scores):
        count = sequences.shape[1] - ids.shape[1] + 1
        scores[:, 2] = -float("inf")
        for row, length in enumerate(lengths):
            if count >= length and length < task["tokens"]:
                scores[row] = -float("inf")
                scores[row, 2] = 0.0
        return scores


print("ready", flush=True)
for _ in sys.stdin:
    started, before = time.perf_counter(), time.process_time()
    with torch.no_grad():
        model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            do_sample=True,
            top_k=0,
            max_new_tokens=task["tokens"],
            logits_processor=LogitsProcessorList([EndAt()]),
        )
    spent = {"wall": time.perf_counter() - started, "cpu": time.process_time() - before}
    print(json.dumps(spent), flush=True)
