"""Prints the logits and the encoding that transformers gives for a request file, as JSON."""

import json
import sys

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

request = json.load(open(sys.argv[1]))
model = AutoModelForCausalLM.from_pretrained(request["folder"], dtype=torch.float32)
tokenizer = AutoTokenizer.from_pretrained(request["folder"])
with torch.no_grad():
    logits = model(torch.tensor([request["ids"]])).logits[0]
encoded = tokenizer(request["text"], add_special_tokens=False).input_ids
print(json.dumps({"logits": logits.flatten().tolist(), "encoded": encoded}))
