#!/usr/bin/env python3
"""Makes the golden files of tests/model: what other people's code computes from the same inputs.

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install torch==2.11.0 transformers==5.17.0 tokenizers==0.23.3
    /tmp/golden/bin/python tests/golden/make_golden.py              # writes tests/golden/{models,tokenizers}
    /tmp/golden/bin/python tests/golden/make_golden.py --verify DIR # loads a written checkpoint in transformers

models/NAME: a random tiny deepseek_v3 checkpoint as transformers saves it, and expected.json with log-probs of
four targets per position: `float64` (the formulas of the V2 and V3 reports, in numpy, below), `float32` and
`bfloat16` (transformers). All three route every token to the experts that float64 chooses, so that the three
differ by rounding alone; `experts` and `margins` hold that choice and how far it was from another one.

tokenizers/NAME: small byte-level BPE vocabularies in the shapes that published models have, and cases.json
with the ids that the `tokenizers` library gives. Seeds are fixed; the files are the same in every run.
"""

import hashlib
import json
import math
import pathlib
import sys
import unicodedata

import numpy as np

HERE = pathlib.Path(__file__).parent

# --- models -----------------------------------------------------------------------------------------------------

COMMON = dict(vocab_size=90, hidden_size=32, intermediate_size=56, moe_intermediate_size=16, num_attention_heads=4,
              num_key_value_heads=4, qk_nope_head_dim=16, qk_rope_head_dim=8, v_head_dim=12, kv_lora_rank=24,
              max_position_embeddings=256, rms_norm_eps=1e-5, bos_token_id=0, eos_token_id=1, num_mtp_layers=0)

MODELS = {
    # q-LoRA, groups, YaRN with equal mscales, interleaved pairs, one dense layer.
    "groups_yarn": dict(num_hidden_layers=3, first_k_dense_replace=1, q_lora_rank=20, n_routed_experts=16, num_experts_per_tok=4,
                        n_group=4, topk_group=2, n_shared_experts=1, norm_topk_prob=True, routed_scaling_factor=2.5, rope_interleave=True,
                        rope_parameters=dict(rope_type="yarn", rope_theta=10000.0, factor=8.0, beta_fast=32, beta_slow=1, mscale=1.0,
                                             mscale_all_dim=1.0, original_max_position_embeddings=32)),
    # One q_proj, no groups, plain rope in half-split layout, MoE everywhere, unnormalised gate.
    "half_split": dict(num_hidden_layers=2, first_k_dense_replace=0, q_lora_rank=None, n_routed_experts=8, num_experts_per_tok=2,
                       n_group=1, topk_group=1, n_shared_experts=2, norm_topk_prob=False, routed_scaling_factor=1.5, rope_interleave=False,
                       rope_parameters=dict(rope_type="default", rope_theta=50000.0)),
    # YaRN whose two mscales differ (cos and sin are scaled), odd widths, tied embeddings.
    "tied_mscale": dict(num_hidden_layers=2, first_k_dense_replace=1, q_lora_rank=18, n_routed_experts=6, num_experts_per_tok=3,
                        n_group=2, topk_group=2, n_shared_experts=1, norm_topk_prob=True, routed_scaling_factor=1.0, rope_interleave=True,
                        hidden_size=30, kv_lora_rank=22, v_head_dim=10, vocab_size=75, tie_word_embeddings=True,
                        rope_parameters=dict(rope_type="yarn", rope_theta=10000.0, factor=4.0, beta_fast=16, beta_slow=2, mscale=0.707,
                                             mscale_all_dim=1.2, original_max_position_embeddings=64)),
}


def rope_angles(c, positions):
    """[T, d/2] angles and the factor on cos and sin (YaRN, Peng et al. 2023, as DeepSeek applies it)."""
    p, d = c.rope_parameters, c.qk_rope_head_dim
    f = p["rope_theta"] ** (-np.arange(0, d, 2) / d)
    factor = 1.0
    if p["rope_type"] == "yarn":
        def correction(beta):
            return d * math.log(p["original_max_position_embeddings"] / (beta * 2 * math.pi)) / (2 * math.log(p["rope_theta"]))
        low, high = max(math.floor(correction(p["beta_fast"])), 0), min(math.ceil(correction(p["beta_slow"])), d - 1)
        ramp = np.clip((np.arange(d // 2) - low) / ((high - low) or 0.001), 0, 1)
        f = f / p["factor"] * ramp + f * (1 - ramp)
        factor = mscale(p["factor"], p["mscale"]) / mscale(p["factor"], p["mscale_all_dim"])
    return positions[:, None] * f[None, :], factor


def mscale(scale, m):
    return 0.1 * m * math.log(scale) + 1 if scale > 1 else 1.0


def rotate(x, c, angles, factor):
    cos, sin = np.cos(angles) * factor, np.sin(angles) * factor  # x: [T, ..., d]
    shape = [len(x)] + [1] * (x.ndim - 2) + [angles.shape[1]]
    cos, sin = cos.reshape(shape), sin.reshape(shape)
    half = x.shape[-1] // 2
    a, b = (x[..., 0::2], x[..., 1::2]) if c.rope_interleave else (x[..., :half], x[..., half:])
    return np.concatenate([a * cos - b * sin, b * cos + a * sin], -1)


def norm(x, w, eps):
    return w * x / np.sqrt((x * x).mean(-1, keepdims=True) + eps)


def swiglu(x, gate, up, down):
    g = x @ gate.T
    return (g / (1 + np.exp(-g)) * (x @ up.T)) @ down.T


def route(c, scores, bias):
    """Expert ids by descending biased score, and the margin to the nearest other choice."""
    biased = scores + bias
    size = c.n_routed_experts // c.n_group
    groups = np.sort(biased.reshape(c.n_group, size), 1)[:, -2:].sum(1)
    order = np.argsort(-groups, kind="stable")
    kept = set(order[: c.topk_group])
    margin = groups[order[c.topk_group - 1]] - groups[order[c.topk_group]] if c.topk_group < c.n_group else np.inf
    allowed = np.array([biased[e] if e // size in kept else -np.inf for e in range(len(biased))])
    experts = np.argsort(-allowed, kind="stable")
    k = c.num_experts_per_tok
    last, next_one = allowed[experts[k - 1]], allowed[experts[k]] if k < len(experts) else -np.inf
    return experts[:k], min(margin, last - next_one)


def reference(c, w, tokens):
    """Log-probs [T, V] in float64, expert ids and margins [T][moe layers]: unabsorbed attention, V3 report §2.1."""
    heads, nope, rope, v = c.num_attention_heads, c.qk_nope_head_dim, c.qk_rope_head_dim, c.v_head_dim
    t = len(tokens)
    angles, factor = rope_angles(c, np.arange(t))
    m = mscale(c.rope_parameters["factor"], c.rope_parameters["mscale_all_dim"]) if c.rope_parameters["rope_type"] == "yarn" else 1.0
    scale = m * m / math.sqrt(nope + rope)
    x = w["model.embed_tokens.weight"][tokens]
    ids, margins = [[] for _ in tokens], [[] for _ in tokens]
    for layer in range(c.num_hidden_layers):
        def at(name):
            return w[f"model.layers.{layer}.{name}.weight"]
        h = norm(x, at("input_layernorm"), c.rms_norm_eps)
        if c.q_lora_rank is None:
            q = h @ at("self_attn.q_proj").T
        else:
            q = norm(h @ at("self_attn.q_a_proj").T, at("self_attn.q_a_layernorm"), 1e-6) @ at("self_attn.q_b_proj").T
        q = q.reshape(t, heads, nope + rope)
        kv = h @ at("self_attn.kv_a_proj_with_mqa").T
        up = (norm(kv[:, : c.kv_lora_rank], at("self_attn.kv_a_layernorm"), 1e-6) @ at("self_attn.kv_b_proj").T).reshape(t, heads, nope + v)
        q_rot, k_rot = rotate(q[..., nope:], c, angles, factor), rotate(kv[:, c.kv_lora_rank:], c, angles, factor)
        s = scale * (np.einsum("thd,shd->hts", q[..., :nope], up[..., :nope]) + np.einsum("thd,sd->hts", q_rot, k_rot))
        s = np.where(np.tril(np.ones((t, t), bool)), s, -np.inf)
        p = np.exp(s - s.max(-1, keepdims=True))
        p /= p.sum(-1, keepdims=True)
        x = x + np.einsum("hts,shd->thd", p, up[..., nope:]).reshape(t, heads * v) @ at("self_attn.o_proj").T
        h = norm(x, at("post_attention_layernorm"), c.rms_norm_eps)
        if layer < c.first_k_dense_replace:
            x = x + swiglu(h, at("mlp.gate_proj"), at("mlp.up_proj"), at("mlp.down_proj"))
            continue
        scores = 1 / (1 + np.exp(-(h @ at("mlp.gate").T)))
        y = swiglu(h, at("mlp.shared_experts.gate_proj"), at("mlp.shared_experts.up_proj"), at("mlp.shared_experts.down_proj"))
        for i in range(t):
            experts, margin = route(c, scores[i], w[f"model.layers.{layer}.mlp.gate.e_score_correction_bias"])
            g = scores[i][experts]
            if c.norm_topk_prob:
                g = g / (g.sum() + 1e-20)
            for e, weight in zip(experts, g * c.routed_scaling_factor):
                e = f"mlp.experts.{e}."
                y[i] += weight * swiglu(h[i], at(e + "gate_proj"), at(e + "up_proj"), at(e + "down_proj"))
            ids[i].append([int(e) for e in experts])
            margins[i].append(float(margin))
        x = x + y
    head = w["model.embed_tokens.weight"] if c.tie_word_embeddings else w["lm_head.weight"]
    logits = norm(x, w["model.norm.weight"], c.rms_norm_eps) @ head.T
    logits -= logits.max(-1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(-1, keepdims=True)), ids, margins


def transformers_logprobs(model, tokens, ids):
    """[T, V], every token routed to `ids`."""
    import torch
    from transformers.models.deepseek_v3 import modeling_deepseek_v3 as code

    router_layer = {}

    def forced(self, hidden_states):
        layer = router_layer.setdefault(id(self), len(router_layer))
        x = hidden_states.view(-1, self.hidden_dim)
        scores = torch.nn.functional.linear(x.float(), self.weight.float()).sigmoid()
        chosen = torch.tensor([row[layer] for row in ids])
        weights = scores.gather(1, chosen)
        if self.norm_topk_prob:
            weights = weights / (weights.sum(-1, keepdim=True) + 1e-20)
        return scores, weights * self.routed_scaling_factor, chosen

    original = code.DeepseekV3TopkRouter.forward
    code.DeepseekV3TopkRouter.forward = forced
    try:
        with torch.no_grad():
            logits = model(torch.tensor([tokens])).logits[0].float()
    finally:
        code.DeepseekV3TopkRouter.forward = original
    return torch.log_softmax(logits, -1).numpy()


def make_model(name, seed, folder):
    import torch
    from safetensors.torch import load_file
    from transformers import DeepseekV3Config, DeepseekV3ForCausalLM

    config = DeepseekV3Config(**{**COMMON, **MODELS[name]})
    config._attn_implementation = "eager"
    model = DeepseekV3ForCausalLM(config).eval()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for key, p in list(model.named_parameters()) + list(model.named_buffers()):
            if "inv_freq" in key:
                continue
            noise = torch.randn(p.shape, generator=generator)
            if key.endswith("e_score_correction_bias"):
                p.copy_(0.1 * noise)
            elif key.endswith("norm.weight"):
                p.copy_(1 + 0.1 * noise)
            else:
                p.copy_(noise / math.sqrt(p.shape[-1]) if "embed_tokens" not in key else noise)
        biases = {k: b.clone() for k, b in model.named_buffers() if k.endswith("e_score_correction_bias")}
        model = model.to(torch.bfloat16)
        for key, b in model.named_buffers():  # this one stays float32 in published checkpoints
            if key in biases:
                b.data = biases[key]
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    # Loaded afresh: casting a model also rounds its rope frequencies.
    single_model, half_model = (DeepseekV3ForCausalLM.from_pretrained(folder, dtype=dtype, attn_implementation="eager", experts_implementation="eager").eval()
                                for dtype in (torch.float32, torch.bfloat16))
    weights = {k: v.double().numpy() for k, v in load_file(folder / "model.safetensors").items()}

    rng = np.random.default_rng(seed)
    sequences = []
    for length in (75, 33):
        tokens = rng.integers(0, config.vocab_size, length).tolist()
        targets = rng.integers(0, config.vocab_size, (length, 4))
        exact, ids, margins = reference(config, weights, tokens)
        single = transformers_logprobs(single_model, tokens, ids)
        error = np.abs(single - exact).max()
        assert error < 1e-4, f"{name}: the reference and transformers disagree by {error}"
        half = transformers_logprobs(half_model, tokens, ids)
        rows = np.arange(length)[:, None]

        def pick(x):
            return [[round(float(v), 7) for v in row] for row in x[rows, targets]]
        entropy = [round(float(-(np.exp(r) * r).sum()), 7) for r in exact]
        print(f"{name}: {length} tokens, transformers float32 off by {error:.1e}, bfloat16 by {np.abs(half - exact).max():.1e}")
        sequences.append(dict(tokens=tokens, targets=targets.tolist(), experts=ids, margins=margins, entropy=entropy,
                              float64=pick(exact), float32=pick(single), bfloat16=pick(half)))
    parameters = sum(p.numel() for p in model.parameters())
    (folder / "expected.json").write_text(json.dumps(dict(parameters=parameters, sequences=sequences), separators=(",", ":")) + "\n")


# --- tokenizers -------------------------------------------------------------------------------------------------

CORPUS = [
    "The quick brown fox jumps over the lazy dog, doesn't it? I'll say they've won; we're here, I'm sure he'd agree.",
    "Compute 12345 + 67890 = 80235. Then 3.14159 * 2 = 6.28318, and 1,000,000 - 1 = 999,999.",
    "Réponse: l'été dernier, à Zürich, naïve façade coöperates. Größe, Straße, ÆØÅ, żółć, ещё раз: привет, мир!",
    "数学は楽しい。中文测试：我们去北京。ひらがなとカタカナ。한국어 텍스트도 있습니다.",
    "def f(x):\n    if x > 0:\n        return x ** 2\n    return -x\n\n\nclass A:\n\tpass\n",
    "So 2 + 2 = 4, therefore the answer is 4. So 2 + 3 = 5, therefore the answer is 5. The answer is the answer.",
    "مرحبا بالعالم שלום עולם नमस्ते दुनिया สวัสดีชาวโลก 🙂🙃👨‍👩‍👧‍👦🏳️‍🌈",
] * 3

LETTERS_TAIL = r"[^\r\n\p{L}\p{N}]?\p{L}+|DIGITS| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|" + LETTERS_TAIL.replace("DIGITS", r"\p{N}")
LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|" + LETTERS_TAIL.replace("DIGITS", r"\p{N}{1,3}")
DEEPSEEK = [
    r"\p{N}{1,3}",
    "[一-龥\u3040-ゟ゠-ヿ]+",
    r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+""",
]

TEXTS = [
    "", " ", "  ", "\n", "\r\n", "\t", "a", " a", "a ", "  a  ", "hello", "Hello World", "hello hello  hello   hello    hello",
    "The answer is 42.", "1", "12", "123", "1234", "12345678901234567890", "3.14159", "1,000,000", "１２３ ४५६ Ⅷ ½ ²", "x² + y² = z²",
    "I'll can't WE'VE he'S IT'D ſ'ſ 'ſ K's ’s", "don't  'tis '", "''' '' '", "e\u0301 é ﬁ Å Å ｶﾞ \u1100\u1161\u11a8 각 q\u0307\u0323",
    "数学は楽しい。中文测试123个", "漢字カタカナひらがなabc", "ー゠ゟ゙一龥龦㐀𠀀", "한국어 텍스트", "привет, мир! ещё", "Größe Straße İstanbul ıI",
    "🙂", "🙂🙃 👨‍👩‍👧‍👦 🏳️‍🌈 ☺︎ ☺️", "مرحبا ١٢٣ بالعالم", "שלום עולם", "नमस्ते दुनिया ०१२", "สวัสดี", "a\u200bb\u200db\u2060c\ufeffd",
    "\u00a0\u2003\u3000x\u2028y\u2029z\u0085w\u180ev\u1680u", " \u180e \u180ex", "a\u0300\u0301\u0302b", "\x00\x01\x7f\x80\x9f",
    "def f(x):\n    if x > 0:\n        return x ** 2\n", "\n\n\n", " \n \n ", "   \r\n\r\n   x", "a\n\n\nb", "\t\t\tx\t", "x   ", "x   \n", "x \n  y",
    "!@#$%^&*()_+-=[]{}|;':\",./<>?`~", "#include <vector>", "https://example.org/a?b=c&d=%20#e", "[\\]^_`{|}~abc !abc ?!x", "…—–“”‘’«»",
    "<think>", "<think>\nfirst</think>answer", "<｜User｜>hi<｜Assistant｜><think>\n", "< think >", "<｜begin▁of▁sentence｜>", "<|user|> x <|user|>y<|user|>",
    "<|im_start|>user\nhi<|im_end|>", "pre<|user|>post", "  <|end|>  <|end|>x", "a<mask>b <mask> c", "wordsword word sword", "word", "\u00e9word\u00e9 word\u0301",
    "    ", "        x", "                         x", "café CAFE\u0301 cafe\u0301s", "<\u0301think>", "ǆ ǅ Ǆ ŉ", "𝐀𝐁𝟏𝟐 𐍈𐌰", "①②③ ㊿ 〇 一二三", "\ud7ff\ue000\ufffd\uffff\U0010ffff",
    "The quick brown fox jumps over the lazy dog, doesn't it?" * 3,
]


def assigned_ranges():
    """Code points assigned in Unicode 14 or before, without surrogates, private use and the big uniform blocks."""
    assert unicodedata.unidata_version == "14.0.0", "run with Python 3.11, whose tables are Unicode 14"
    ranges, start = [], None
    for point in range(0x110001):
        inside = point < 0xE000 or 0xF900 <= point < 0x20000 or 0xE0000 <= point < 0xF0000
        uniform = 0x3400 < point < 0x4DBF or 0x4E10 < point < 0x9F90 or 0xAC40 < point < 0xD780 or 0x17010 < point < 0x18CD0
        ok = inside and not uniform and point < 0x110000 and unicodedata.category(chr(point)) not in ("Cn", "Cs")
        if ok and start is None:
            start = point
        if not ok and start is not None:
            ranges.append([start, point - 1])
            start = None
    return ranges


def sweep_texts(ranges):
    """Every code point among letters, digits, spaces and after an apostrophe; 128 to a text."""
    points = [p for first, last in ranges for p in range(first, last + 1)]
    for i in range(0, len(points), 128):
        yield "".join(f"a{c}b 1{c}2 {c} '{c}{c}\n" for c in map(chr, points[i:i + 128]))


def make_tokenizers(folder):
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

    def split(pattern):
        return pre_tokenizers.Split(Regex(pattern), "isolated", invert=False)

    raw = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    regex = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)
    shapes = {
        "deepseek_v3": (None, [*map(split, DEEPSEEK), raw]),
        "qwen": (normalizers.NFC(), [split(QWEN), raw]),
        "llama3": (None, [split(LLAMA3), raw]),
        "smollm2": (None, [pre_tokenizers.Digits(individual_digits=True), regex]),
        "olmoe": (normalizers.NFC(), [regex]),
        "prefix_space": (normalizers.Sequence([normalizers.NFC()]),
                         [pre_tokenizers.Digits(individual_digits=False), pre_tokenizers.ByteLevel(add_prefix_space=True, use_regex=True)]),
    }
    made = {}
    for name, (normalizer, stages) in shapes.items():
        t = Tokenizer(models.BPE())
        if normalizer:
            t.normalizer = normalizer
        t.pre_tokenizer = stages[0] if len(stages) == 1 else pre_tokenizers.Sequence(stages)
        t.decoder = decoders.ByteLevel()
        t.post_processor = processors.ByteLevel(trim_offsets=False)
        t.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=420, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
        if name == "deepseek_v3":
            t.add_special_tokens(["<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜User｜>", "<｜Assistant｜>"])
            t.add_tokens([AddedToken("<think>", normalized=False), AddedToken("</think>", normalized=False)])
        if name == "qwen":
            t.add_special_tokens(["<|im_start|>", "<|im_end|>"])
            t.add_tokens([AddedToken("<think>", normalized=False), AddedToken("caf\u00e9", normalized=True)])
        if name == "llama3":
            t.add_special_tokens([AddedToken("<|user|>", normalized=False), AddedToken("<|end|>", lstrip=True, rstrip=True, normalized=False)])
            t.post_processor = processors.TemplateProcessing(single="<|user|> $A", special_tokens=[("<|user|>", t.token_to_id("<|user|>"))])
        if name == "smollm2":
            t.add_special_tokens(["<|im_start|>", "<|im_end|>"])
            t.add_tokens([AddedToken("word", single_word=True, normalized=False), AddedToken("<mask>", lstrip=True, normalized=False)])
        if name == "olmoe":
            t.add_tokens([AddedToken(" " * n, normalized=True) for n in range(24, 1, -1)])
        if name == "prefix_space":
            t.add_tokens([AddedToken("<|user|>", rstrip=True, normalized=False), AddedToken("word", single_word=True, normalized=True)])
        spec = json.loads(t.to_str())
        if name == "llama3":  # whole pre-tokens that no merge reaches
            spec["model"]["ignore_merges"] = True
            for token in ("\u0120therefore", "hello", "123"):
                spec["model"]["vocab"].setdefault(token, 10_000 + len(made))
                made[token] = None
            ids = {token: i for i, token in enumerate(sorted(spec["model"]["vocab"], key=spec["model"]["vocab"].get))}
            spec["model"]["vocab"] = ids
            for token in spec["added_tokens"]:
                token["id"] = len(ids) + spec["added_tokens"].index(token)
            spec["post_processor"]["special_tokens"]["<|user|>"]["ids"] = [spec["added_tokens"][0]["id"]]
        if name == "smollm2":  # the older spelling of merges
            spec["model"]["merges"] = [" ".join(m) for m in spec["model"]["merges"]]
        text = json.dumps(spec, ensure_ascii=False, separators=(",", ":"))
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / "tokenizer.json").write_text(text + "\n")

    ranges = assigned_ranges()
    cases = dict(texts=TEXTS, assigned=ranges, tokenizers={})
    for path in sorted(folder.glob("*/tokenizer.json")):  # `trained` too, which our own trainer wrote
        t = Tokenizer.from_str(path.read_text())
        def ids(text):
            return t.encode(text, add_special_tokens=False).ids
        sweep = [hashlib.sha256(np.array(ids(text), "<i4").tobytes()).hexdigest()[:12] for text in sweep_texts(ranges)]
        cases["tokenizers"][path.parent.name] = dict(ids=[ids(text) for text in TEXTS], sweep=sweep)
        print(f"{path.parent.name}: {t.get_vocab_size()} tokens, {len(TEXTS)} texts, {len(sweep)} sweeps")
    (folder / "cases.json").write_text(json.dumps(cases, separators=(",", ":")) + "\n")  # ASCII: escapes keep odd code points visible


def verify(folder):
    """A checkpoint that save_checkpoint wrote: transformers must load every tensor and give the golden log-probs."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model, info = AutoModelForCausalLM.from_pretrained(folder, output_loading_info=True, dtype=torch.float32, attn_implementation="eager", experts_implementation="eager")
    left = {k: v for k, v in info.items() if v}
    assert not left, left
    print("loaded", type(model).__name__, sum(p.numel() for p in model.parameters()), "parameters; rope", model.config.rope_parameters)
    expected = json.loads((HERE / "models" / pathlib.Path(folder).name / "expected.json").read_text())
    for s in expected["sequences"]:
        got = transformers_logprobs(model.eval(), s["tokens"], s["experts"])
        rows = np.arange(len(s["tokens"]))[:, None]
        error = np.abs(got[rows, np.array(s["targets"])] - np.array(s["float64"])).max()
        assert error < 1e-4, error
        print(f"{len(s['tokens'])} tokens: log-probs agree to {error:.1e}")
    tokenizer = AutoTokenizer.from_pretrained(folder)
    print("tokenizer", type(tokenizer).__name__, tokenizer.bos_token, tokenizer.eos_token, tokenizer("12 + 3 = 15")["input_ids"])


if __name__ == "__main__":
    if "--verify" in sys.argv:
        verify(sys.argv[-1])
        sys.exit()
    (HERE / "tokenizers").mkdir(exist_ok=True)
    make_tokenizers(HERE / "tokenizers")
    for i, name in enumerate(MODELS):
        make_model(name, 1000 + i, HERE / "models" / name)
