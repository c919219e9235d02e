// The declarations of the recipe keys that the pipeline owns.
#include "model/chat/chat.h"
#include "pipeline/recipe.h"

namespace laconic::pipeline {

void ModelOptions::declare(OptionSet& set) {
  set.add("path", path, {.help = "checkpoint to start from, a Hugging Face folder or a GGUF file, here or beside the recipe; empty: fresh weights of the sizes below"});
  set.add("chat", chat, {.help = "template around a prompt; auto: the checkpoint's own, deepseek-r1 for fresh weights", .choices = model::chat_template_names()});
  set.add("thinking", thinking, {.help = "false: the template asks for the answer at once (enable_thinking of hybrid models)"});
  set.add("hidden_size", hidden_size, {.help = "width of the residual stream", .min = 16, .max = 65536});
  set.add("layers", layers, {.help = "transformer blocks", .min = 1, .max = 512});
  set.add("dense_layers", dense_layers, {.help = "first blocks with a dense FFN instead of experts", .min = 0, .max = 512});
  set.add("intermediate_size", intermediate_size, {.help = "FFN width of the dense blocks", .min = 16, .max = 1 << 20});
  set.add("heads", heads, {.help = "attention heads", .min = 1, .max = 1024});
  set.add("q_lora_rank", q_lora_rank, {.help = "rank of the query's low-rank projection; 0: one full projection", .min = 0, .max = 65536});
  set.add("kv_lora_rank", kv_lora_rank, {.help = "width of the latent KV cache", .min = 16, .max = 65536});
  set.add("qk_nope_head_dim", qk_nope_head_dim, {.help = "query/key width without position, per head", .min = 2, .max = 1024});
  set.add("qk_rope_head_dim", qk_rope_head_dim, {.help = "query/key width with rotary position, per head", .min = 2, .max = 1024});
  set.add("v_head_dim", v_head_dim, {.help = "value width per head", .min = 2, .max = 1024});
  set.add("experts", experts, {.help = "routed experts of a block", .min = 1, .max = 1024});
  set.add("shared_experts", shared_experts, {.help = "experts that every token uses", .min = 0, .max = 64});
  set.add("experts_per_token", experts_per_token, {.help = "routed experts a token uses", .min = 1, .max = 64});
  set.add("moe_intermediate_size", moe_intermediate_size, {.help = "FFN width of one expert", .min = 16, .max = 65536});
  set.add("positions", positions, {.help = "longest sequence, prompt and answer together; 0: as many as the checkpoint has, 512 for a fresh model", .unit = "tokens", .min = 0, .max = 1 << 20});
  set.add("rope_theta", rope_theta, {.help = "base of the rotary frequencies", .min = 1});
  set.add("routed_scaling_factor", routed_scaling_factor, {.help = "factor on the routed experts' sum", .min = 0.001, .max = 100});
  set.add("initializer_range", initializer_range, {.help = "standard deviation of fresh weights", .min = 1e-6, .max = 1});
  set.add("vocab_size", vocab_size, {.help = "most entries of the tokenizer that is trained on the task's chains", .min = 280, .max = 1 << 18});
  set.add("tokenizer_chains", tokenizer_chains, {.help = "chains that the tokenizer is trained on", .min = 1, .max = 1e7});
}

void RolloutOptions::declare(OptionSet& set) {
  set.add("workers", workers, {.help = "rollout processes", .min = 1, .max = 256});
  set.add("threads", threads, {.help = "threads of each; 0: from the core budget", .min = 0, .max = 1024});
  set.add("kv_mb", kv_mb, {.help = "memory of each for KV pages", .unit = "MB", .min = 1, .max = 1 << 30});
  set.add("prefill_tokens", prefill_tokens, {.help = "most prompt tokens in one forward pass", .unit = "tokens", .min = 1, .max = 1 << 20});
  set.add("max_batch", max_batch, {.help = "most sequences decoded in one forward pass", .min = 1, .max = 65536});
  set.add("deadline_s", deadline_s, {.help = "a group not sampled by then is leased again and its worker restarted", .unit = "s", .min = 1, .max = 86400});
}

void LearnerOptions::declare(OptionSet& set) {
  set.add("threads", threads, {.help = "threads of the learner, part of the run's fingerprint; 0: from the core budget", .min = 0, .max = 1024});
  set.add("deadline_s", deadline_s, {.help = "a step not learned by then restarts the learner", .unit = "s", .min = 1, .max = 86400});
}

void VerifierOptions::declare(OptionSet& set) {
  set.add("workers", workers, {.help = "verifier processes", .min = 1, .max = 256});
  set.add("deadline_s", deadline_s, {.help = "a group not judged by then is leased again and its worker restarted", .unit = "s", .min = 0.1, .max = 86400});
  set.add("attempts", attempts, {.help = "tries of an answer whose verifier failed before it counts as absent", .min = 1, .max = 100});
  spec.declare(set);
}

void EvalOptions::declare(OptionSet& set) {
  set.add("every", every, {.help = "RL steps between evaluations; 0: only before and after", .min = 0, .max = 1e9});
  set.add("problems", problems, {.help = "held-out problems; 0: no evaluation", .min = 0, .max = 1e6});
  set.add("samples", samples, {.help = "answers per problem: avg@k and pass@k", .min = 1, .max = 4096});
  set.add("temperature", temperature, {.help = "sampling temperature; 0: the likeliest token", .min = 0, .max = 10});
  set.add("max_tokens", max_tokens, {.help = "longest answer; 0: the RL stage's sampling.max_tokens, after SFT half the model's positions", .unit = "tokens", .min = 0, .max = 1 << 20});
}

void RunOptions::declare(OptionSet& set) {
  set.add("checkpoint_every", checkpoint_every, {.help = "steps between checkpoints; the end of a stage always has one", .min = 1, .max = 1e9});
  set.add("checkpoint_keep", checkpoint_keep, {.help = "newest checkpoints kept; ends of stages and the best one are kept too", .min = 1, .max = 1e6});
  set.add("keep_expert_ids", keep_expert_ids, {.help = "keep expert ids and kept sets in the store after their step's checkpoint"});
  set.add("cores", cores, {.help = "core budget of all roles; 0: all cores", .min = 0, .max = 4096});
  set.add("max_absent", max_absent, {.help = "share of a step's answers whose verifier failed that stops the run", .min = 0, .max = 1});
  set.section("eval", eval);
}

void SamplingOptions::declare(OptionSet& set) {
  set.add("temperature", temperature, {.help = "softmax temperature", .min = 0.01, .max = 10});
  set.add("top_p", top_p, {.help = "nucleus: least mass kept; below 1 it needs top_k from 1 to 1024", .min = 0.01, .max = 1});
  set.add("top_k", top_k, {.help = "likeliest tokens kept; 0: all", .min = 0, .max = 1 << 20});
  set.add("max_tokens", max_tokens, {.help = "longest answer", .unit = "tokens", .min = 1, .max = 1 << 20});
}

void Stage::declare(OptionSet& set) {
  set.add("steps", steps, {.help = "optimizer steps of the stage", .min = 1, .max = 1e9});
  if (type == StageType::kSft) set.add("batch", batch, {.help = "chains per step", .min = 1, .max = 1e6});
  set.add("reset_optimizer", reset_optimizer, {.help = "start with fresh Adam moments instead of the stage's before"});
  if (type == StageType::kRl) {
    set.add("lag", lag, {.help = "step t samples from weight version max(0, t − lag): 0 is on-policy, 1 overlaps rollout and learning", .unit = "steps", .min = 0, .max = 16});
    set.section("sampling", sampling);
    set.section("objective", objective);
    set.section("loss", loss);
  }
  set.section("optimizer", optimizer);
  set.section("lora", lora);
  set.section("router", router);
  set.section("data", data);
}

void Recipe::declare(OptionSet& set) {
  set.add("name", name, {.help = "default name of runs; default: the file's name"});
  set.add("seed", seed, {.help = "everything random in the run follows from it", .min = 0});
  set.section("model", model);
  set.section("rollout", rollout);
  set.section("learner", learner);
  set.section("verifier", verifier);
  set.section("run", run);
}

bool Recipe::has_rl() const {
  for (const Stage& stage : stages)
    if (stage.type == StageType::kRl) return true;
  return false;
}

std::string Recipe::where(const std::string& key, const std::string& fallback) const {
  const auto found = set_at.find(key);
  return found == set_at.end() ? fallback : found->second;
}

std::string name_of(StageType type) { return type == StageType::kSft ? "sft" : "rl"; }

}  // namespace laconic::pipeline
