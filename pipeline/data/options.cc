#include "pipeline/data/options.h"

#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/error.h"
#include "pipeline/data/generator.h"

namespace laconic::pipeline {
namespace {

// Words between blanks; '…' keeps blanks, also within a word (key='a b').
std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  std::string word;
  bool quoted = false, any = false;
  for (const char c : text) {
    if (c == '\'') {
      quoted = !quoted;
      any = true;
    } else if (!quoted && (c == ' ' || c == '\t')) {
      if (any) words.push_back(word);
      word.clear();
      any = false;
    } else {
      word += c;
      any = true;
    }
  }
  if (quoted) throw Error("an entry of `data.mixture` has an open quote: " + text, "data.mixture", "close it with '");
  if (any) words.push_back(word);
  return words;
}

std::string entry_text(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) {
    const bool quote = word.find_first_of(" \t") != std::string::npos;
    out += (out.empty() ? "" : " ") + (quote ? "'" + word + "'" : word);
  }
  return out;
}

MixtureEntry read_entry(const DataOptions& stage, const std::string& text) {
  const auto wrong = [&](const std::string& why) {
    return Error("`data.mixture` holds \"" + text + "\": " + why, "data.mixture", "write WEIGHT SOURCE [key=value …], such as \"0.7 gsm8k.jsonl\"");
  };
  const std::vector<std::string> words = words_of(text);
  if (words.size() < 2) throw wrong("a weight and a source are needed");
  MixtureEntry entry;
  const auto [end, code] = std::from_chars(words[0].data(), words[0].data() + words[0].size(), entry.weight);
  if (code != std::errc{} || end != words[0].data() + words[0].size() || !std::isfinite(entry.weight) || entry.weight <= 0) throw wrong("the weight must be a number above 0");
  entry.options = stage;
  entry.options.mixture.clear();
  entry.options.source = words[1];
  if (!stage.eval_source.empty()) {
    entry.options.eval_source.clear();
    entry.options.heldout_fraction = 0;
  }
  OptionSet set;
  entry.options.declare(set);
  for (std::size_t i = 2; i < words.size(); ++i) {
    const std::size_t equals = words[i].find('=');
    if (equals == std::string::npos || equals == 0) throw wrong("\"" + words[i] + "\" is no key=value");
    const std::string key = words[i].substr(0, equals);
    if (key == "mixture" || key == "source") throw wrong("`" + key + "` is no key of an entry");
    set.set_text(key, words[i].substr(equals + 1), "data.mixture, entry \"" + text + "\"");
  }
  return entry;
}

std::string resolved(const std::string& text, const fs::path& folder) {
  return find_generator(text) ? text : resolved_path(text, folder);
}

}  // namespace

std::string resolved_path(const std::string& path, const fs::path& folder) {
  if (path.empty() || fs::path(path).is_absolute()) return path;
  std::error_code ignored;
  if (fs::exists(path, ignored)) return fs::absolute(path).lexically_normal().string();
  if (fs::exists(folder / path, ignored)) return fs::absolute(folder / path).lexically_normal().string();
  return path;
}

void DataOptions::declare(OptionSet& set) {
  set.add("source", source, {.help = "a generator (`arithmetic`, `countdown`, `code_small`), or the path of a JSONL file (also .gz, .zst)"});
  set.add("mixture", mixture, {.help = "instead of a source: \"WEIGHT SOURCE [key=value …]\" each, where the keys are these, for that entry alone"});
  set.add("eval_source", eval_source, {.help = "a JSONL file to evaluate on; empty: rows held out of the source"});
  set.add("prompt_column", prompt_column, {.help = "a file's column with the prompt (inner ones by dots); empty: by the row's shape"});
  set.add("answer_column", answer_column, {.help = "a file's column with the gold answer; empty: by the row's shape"});
  set.add("instruction", instruction, {.help = "paragraph after each prompt; `auto`: for a file's bare questions what their kind asks for, otherwise nothing"});
  set.add("verifier", verifier, {.help = "who judges these problems; empty: `verifier.name`"});
  set.add("verifiers", verifiers, {.help = "\"VALUE=NAME\": who judges rows with that data_source, task or source_dataset"});
  set.add("on_bad_line", on_bad_line, {.help = "what a malformed line of a file does", .choices = {"refuse", "skip"}});
  set.add("heldout_fraction", heldout_fraction, {.help = "share of a file's rows kept for evaluation, by a hash of the question", .min = 0, .max = 0.9});
  set.section("arithmetic", arithmetic);
  set.section("countdown", countdown);
  set.section("code_small", code_small);
}

std::vector<MixtureEntry> mixture_of(const DataOptions& options) {
  std::vector<MixtureEntry> entries;
  for (const std::string& text : options.mixture) entries.push_back(read_entry(options, text));
  return entries;
}

void resolve_paths(DataOptions& options, const fs::path& folder) {
  options.source = resolved(options.source, folder);
  options.eval_source = resolved(options.eval_source, folder);
  for (std::string& entry : options.mixture) {
    std::vector<std::string> words = words_of(entry);
    constexpr const char* kEval = "eval_source=";
    for (std::size_t i = 1; i < words.size(); ++i) {
      if (i == 1) words[i] = resolved(words[i], folder);
      else if (words[i].rfind(kEval, 0) == 0) words[i] = kEval + resolved(words[i].substr(12), folder);
    }
    entry = entry_text(words);
  }
}

}  // namespace laconic::pipeline
