"""Logits of a base model with an adapter of PEFT; the request is a JSON file, the answer JSON on stdout."""
import json
import sys

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

with open(sys.argv[1]) as file:
    request = json.load(file)
base = AutoModelForCausalLM.from_pretrained(request["base"], dtype=torch.float32)
model = PeftModel.from_pretrained(base, request["adapter"]).eval()
with torch.no_grad():
    logits = model(input_ids=torch.tensor([request["ids"]])).logits[0]
print(json.dumps({"logits": logits.flatten().tolist()}))
