"""Makes tests/golden/families/deepseek_v32: a random tiny checkpoint as transformers saves it, and expected.json in the shape
that make_golden.py describes, with `selected`: the positions that each query attends to, by token and layer.

    python tests/golden/make_sparse.py        needs torch 2.11, transformers 5.17, safetensors

The truth is transformers in float64. What its indexer selects is compared with the formulas of the V3.2-Exp report, written
again below. Each next token of a sequence is the first random one for which no selection and no choice of experts is close, so
that float64, transformers in bfloat16 and the program under test select and route alike and differ by rounding alone.
"""

import json
import math
import pathlib

import torch
from transformers import DeepseekV32Config, DeepseekV32ForCausalLM
from transformers.models.deepseek_v32.modeling_deepseek_v32 import DeepseekV32Indexer, DeepseekV32TopkRouter

OUT = pathlib.Path(__file__).parent / "families" / "deepseek_v32"
LENGTHS = (1, 8, 40)
CONFIG = dict(vocab_size=90, hidden_size=40, intermediate_size=56, moe_intermediate_size=16, num_hidden_layers=2, first_k_dense_replace=1,
              num_attention_heads=3, num_key_value_heads=3, q_lora_rank=20, kv_lora_rank=26, qk_nope_head_dim=14, qk_rope_head_dim=6, v_head_dim=10,
              n_routed_experts=8, num_experts_per_tok=2, n_group=1, topk_group=1, n_shared_experts=1, norm_topk_prob=True, routed_scaling_factor=2.5,
              index_n_heads=3, index_head_dim=22, index_topk=7, max_position_embeddings=256, rms_norm_eps=1e-5, bos_token_id=0, eos_token_id=1,
              rope_parameters=dict(rope_type="yarn", rope_theta=10000.0, factor=8.0, beta_fast=32, beta_slow=1, mscale=1.0, mscale_all_dim=1.0,
                                   original_max_position_embeddings=32))
INDEX_MARGIN, ROUTE_MARGIN = 0.08, 0.04  # in standard deviations of a query's scores; of the biased scores


def index_scores(m, hidden, q_resid, cos, sin):
    """[T, T] in float64, V3.2-Exp report eq. 1; −inf where a key is later than the query."""
    w = lambda linear: linear.weight.double()
    t, heads, dim, rope = hidden.shape[1], m.n_heads, m.head_dim, m.qk_rope_head_dim
    hidden, q_resid, cos, sin = (x[0].double() for x in (hidden, q_resid, cos, sin))

    def rotate(x):  # [T, ..., dim]: the first `rope` dimensions turn, in halves
        c, s = (y[:, : rope // 2].reshape([t] + [1] * (x.dim() - 2) + [rope // 2]) for y in (cos, sin))
        a, b = x[..., : rope // 2], x[..., rope // 2 : rope]
        return torch.cat([a * c - b * s, b * c + a * s, x[..., rope:]], -1)

    q = rotate((q_resid @ w(m.wq_b).T).view(t, heads, dim))
    k = hidden @ w(m.wk).T
    k = (k - k.mean(-1, keepdim=True)) / torch.sqrt(k.var(-1, unbiased=False, keepdim=True) + 1e-6)
    k = rotate(k * w(m.k_norm) + m.k_norm.bias.double())
    weights = hidden @ w(m.weights_proj).T * (heads * dim) ** -0.5
    scores = torch.einsum("th,ths->ts", weights, torch.relu(torch.einsum("thd,sd->ths", q, k)))
    return scores.masked_fill(torch.ones(t, t, dtype=torch.bool).triu(1), -math.inf)


class Watch:
    """What a forward pass selected and routed, and how near the last token was to another choice."""

    def __init__(self, model):
        self.selected, self.experts, self.clear = [], [], True
        self.hooks = [m.register_forward_hook(self.indexer, with_kwargs=True) for m in model.modules() if isinstance(m, DeepseekV32Indexer)]
        self.hooks += [m.register_forward_hook(self.router) for m in model.modules() if isinstance(m, DeepseekV32TopkRouter)]

    def indexer(self, m, args, kwargs, chosen):
        hidden, q_resid, (cos, sin) = args[:3]
        scores, k = index_scores(m, hidden, q_resid, cos, sin), m.index_topk
        theirs = [sorted(p for p in row if p <= t) for t, row in enumerate(chosen[0].tolist())]
        if len(scores) > k:
            best = scores[-1].topk(k + 1).values
            self.clear = self.clear and (best[k - 1] - best[k]) / scores[-1].std() > INDEX_MARGIN
        if hidden.dtype == torch.float64 and self.clear:
            assert theirs[-1] == sorted(scores[-1].topk(min(k, len(scores))).indices.tolist())
        self.selected.append(theirs)

    def router(self, m, args, outputs):
        scores = torch.sigmoid(args[0].reshape(-1, m.hidden_dim).double() @ m.weight.double().T) + m.e_score_correction_bias.double()
        best = scores.topk(m.top_k + 1, -1)
        self.clear = self.clear and best.values[-1, -2] - best.values[-1, -1] > ROUTE_MARGIN
        self.experts.append(best.indices[:, : m.top_k].tolist())

    def run(self, model, tokens):
        with torch.no_grad():
            logits = model(torch.tensor([tokens])).logits[0]
        for hook in self.hooks:
            hook.remove()
        self.by_token = lambda lists: [list(x) for x in zip(*lists)]
        return torch.log_softmax(logits.double(), -1)


def randomise(model, generator):
    with torch.no_grad():
        for key, p in list(model.named_parameters()) + [(k, b) for k, b in model.named_buffers() if k.endswith("correction_bias")]:
            noise = torch.randn(p.shape, generator=generator)
            if key.endswith("norm.weight"):
                p.copy_(1 + 0.1 * noise)
            elif key.endswith("bias"):
                p.copy_(0.1 * noise)
            else:
                p.copy_(noise if "embed_tokens" in key else noise / math.sqrt(p.shape[-1]))
            p.copy_(p.to(torch.bfloat16))


def sequence_of(model, length, generator):
    tokens = []
    while len(tokens) < length:
        for token in torch.randperm(CONFIG["vocab_size"], generator=generator).tolist():
            watch = Watch(model)
            truth = watch.run(model, tokens + [token])
            if watch.clear:
                break
        assert watch.clear
        tokens.append(token)
    targets = torch.randint(0, CONFIG["vocab_size"], (length, 4), generator=generator).tolist()
    entropy = (-(truth.exp() * truth).sum(-1)).tolist()
    experts = watch.by_token(watch.experts)
    return dict(tokens=tokens, targets=targets, float64=[[truth[t][v].item() for v in row] for t, row in enumerate(targets)], entropy=entropy,
                experts=experts, margins=[[ROUTE_MARGIN] * len(t) for t in experts], selected=watch.by_token(watch.selected))


def main():
    config = DeepseekV32Config(**CONFIG)
    config._attn_implementation = config._experts_implementation = "eager"
    exact = DeepseekV32ForCausalLM(config).eval().double()
    generator = torch.Generator().manual_seed(1)
    randomise(exact, generator)
    sequences = [sequence_of(exact, length, generator) for length in LENGTHS]

    exact.to(torch.bfloat16)
    for module in exact.modules():
        if isinstance(module, DeepseekV32TopkRouter):
            module.e_score_correction_bias = module.e_score_correction_bias.float()  # as published checkpoints have it
    exact.save_pretrained(OUT)
    (OUT / "generation_config.json").unlink(missing_ok=True)
    load = lambda dtype: DeepseekV32ForCausalLM.from_pretrained(OUT, dtype=dtype, attn_implementation="eager", experts_implementation="eager").eval()
    exact, rounded = load(torch.float64), load(torch.bfloat16)
    for s in sequences:
        again = Watch(exact).run(exact, s["tokens"])
        assert max(abs(again[t][v].item() - s["float64"][t][i]) for t, row in enumerate(s["targets"]) for i, v in enumerate(row)) < 1e-6
        watch = Watch(rounded)
        half = watch.run(rounded, s["tokens"])
        s["bfloat16"] = [[half[t][v].item() for v in row] for t, row in enumerate(s["targets"])]
        order = lambda ids: [[sorted(layer) for layer in token] for token in ids]
        assert watch.by_token(watch.selected) == s["selected"] and order(watch.by_token(watch.experts)) == order(s["experts"])
    expected = dict(parameters=sum(p.numel() for p in exact.parameters()), sequences=sequences)
    (OUT / "expected.json").write_text(json.dumps(expected) + "\n")
    print(sorted(p.name for p in OUT.iterdir()), sum(p.stat().st_size for p in OUT.iterdir()), "bytes")


if __name__ == "__main__":
    main()
