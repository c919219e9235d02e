// laconic export: a run's checkpoint as a clean Hugging Face folder, proved to be the same model.
#include <cstdio>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/export_folder.h"
#include "cli/export_verify.h"
#include "cli/format.h"
#include "cli/records.h"
#include "cli/table.h"
#include "cli/terminal.h"
#include "model/checkpoint.h"
#include "model/weights/safetensors_write.h"

namespace laconic::cli {
namespace {

struct ExportOptions {
  std::string run, out, runs = "runs";
  std::optional<int> step;
  int trajectories = 32;
  bool verify = false, json = false;
};

void progress(const std::string& what) {
  if (!is_terminal(STDERR_FILENO)) return;
  fmt::print(stderr, "\r\033[K{}", what);
  std::fflush(stderr);
}

struct Written { std::size_t tensors = 0; double parameters = 0; std::uintmax_t bytes = 0; };

// Types that safetensors hold stay; quantised weights become bf16, which is what the model computes with.
Written write(const ExportSource& source, const fs::path& out) {
  model::Checkpoint checkpoint = as_usage([&] { return model::load_checkpoint(source.folder); });
  checkpoint.chat_template = chat_template_of(source, checkpoint);
  std::map<std::string, model::DType> types;
  Written written{checkpoint.tensors.size()};
  for (const model::TensorSpec& spec : model::tensor_specs(checkpoint.config)) {
    using enum model::DType;
    const model::DType stored = checkpoint.tensors.at(spec.name).dtype;
    types[spec.name] = stored == kF32 || stored == kF16 || stored == kBF16 ? stored : spec.fp32 ? kF32 : kBF16;
    written.parameters += static_cast<double>(checkpoint.tensors.at(spec.name).elements());
  }
  const fs::path temporary = out.string() + ".tmp";
  fs::remove_all(temporary);
  model::save_card(temporary, checkpoint, types.at("model.embed_tokens.weight"));
  model::write_safetensors(temporary, checkpoint.tensors, [&](const std::string& name) { return types.at(name); },
                           [](std::uint64_t done, std::uint64_t total) { progress(fmt::format("writing {} of {}", megabytes(static_cast<double>(done)), megabytes(static_cast<double>(total)))); });
  write_file_durably(temporary / "generation_config.json", generation_config_json(source, checkpoint));
  write_file_durably(temporary / "README.md", export_readme(source, checkpoint, written.parameters));
  if (source.recipe) write_file_durably(temporary / "recipe.toml", pipeline::resolved_toml(*source.recipe));
  publish_folder(temporary, out);
  for (const auto& entry : fs::directory_iterator(out)) written.bytes += entry.file_size();
  return written;
}

void print_report(const ExportOptions& o, const ExportSource& source, const Written& written, const std::vector<ExportCheck>& checks) {
  fmt::print("{}  {} tensors, {}{}\n", o.out, written.tensors, megabytes(static_cast<double>(written.bytes)),
             source.checkpoint ? fmt::format(", {} step {}", source.checkpoint->stage_name, source.checkpoint->step) : "");
  if (!o.verify) return;
  Table table({{"read back"}, {"compared", true}, {"equal", true}, {"", false, true}, {""}});
  for (const ExportCheck& check : checks)
    table.add({check.what, fmt::format("{} {}", check.compared, check.unit), std::to_string(check.equal), check.note, check.holds() ? "same" : "DIFFERENT"});
  print(table);
}

Json report_json(const ExportOptions& o, const ExportSource& source, const Written& written, const std::vector<ExportCheck>& checks, bool holds) {
  Json json = {{"source", source.folder.string()}, {"out", o.out}, {"tensors", written.tensors}, {"parameters", written.parameters}, {"bytes", written.bytes}};
  json["stage"] = source.checkpoint ? Json(source.checkpoint->stage_name) : Json();
  json["step"] = source.checkpoint ? Json(source.checkpoint->step) : Json();
  json["verified"] = o.verify ? Json(holds) : Json();
  json["checks"] = Json::array();
  for (const ExportCheck& check : checks)
    json["checks"].push_back({{"what", check.what}, {"compared", check.compared}, {"equal", check.equal}, {"unit", check.unit}, {"note", check.note}, {"holds", check.holds()}});
  return json;
}

int run_export(ExportOptions o) {
  const ExportSource source = find_export(o.runs, o.run, o.step);
  if (o.out.empty()) {
    const std::string name = source.run.empty() ? fs::absolute(source.folder).lexically_normal().stem().string() : source.run.filename().string();
    o.out = source.checkpoint ? fmt::format("{}-{}-{}", name, source.checkpoint->stage_name, source.checkpoint->step) : name + "-export";
  }
  if (fs::exists(o.out)) throw UsageError("`" + o.out + "` is there already", "command line", "name another folder with --out, or remove it first");
  const fs::path parent = fs::path(o.out).parent_path();
  if (!parent.empty() && !fs::is_directory(parent)) throw UsageError("the folder `" + parent.string() + "` does not exist", "command line", "mkdir -p " + parent.string());
  const Written written = write(source, o.out);
  std::vector<ExportCheck> checks;
  bool holds = true;
  if (o.verify) checks = verify_export(source, o.out, o.trajectories, progress);
  for (const ExportCheck& check : checks) holds = holds && check.holds();
  if (is_terminal(STDERR_FILENO)) fmt::print(stderr, "\r\033[K");
  if (o.json) print_json(report_json(o, source, written, checks, holds));
  else print_report(o, source, written, checks);
  if (!holds) throw Error("the export is not the checkpoint that it was made from", o.out, "remove the folder and export again; check the disk when it happens twice");
  return kExitOk;
}

}  // namespace

void add_export(Command& root) {
  auto o = std::make_shared<ExportOptions>();
  Command& c = root.sub("export", "write a run's checkpoint as a Hugging Face folder, and prove it the same", "checkpoints");
  c.argument("RUN", o->run, "a run (its newest checkpoint), a checkpoint folder or a GGUF file");
  c.option("--out", o->out, "DIR", "the folder to make; default: RUN-STAGE-STEP here");
  c.option("--step", o->step, "N", "the checkpoint of this step instead of the newest");
  c.flag("--verify", o->verify, "read it back from disk and compare everything, log-probs bit for bit");
  c.option("--trajectories", o->trajectories, "N", "how many of the run's samples --verify scores", {1, 100000});
  c.option("--runs", o->runs, "DIR", "where runs are");
  c.flag("--json", o->json, "print what was written and compared as JSON");
  c.details("config.json, safetensors (sharded above 5 GB), tokenizer.json, tokenizer_config.json with the chat template, generation_config.json, the recipe, and "
            "a README with how the model was trained and how it did. An existing folder is never overwritten; exit code 1: something differs.");
  c.example("laconic export latest --verify");
  c.example("laconic export smollm2 --step 40 --out smollm2-short");
  c.action([o] { return run_export(*o); });
}

}  // namespace laconic::cli
