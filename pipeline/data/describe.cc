#include "pipeline/data/describe.h"

#include <fmt/format.h>

#include "pipeline/data/generator.h"
#include "pipeline/data/shapes.h"

namespace laconic::pipeline {
namespace {

template <class Names>
std::string code_list(const Names& names, const char* separator) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "`" : std::string(separator) + "`") + std::string(name) + "`";
  return out.empty() ? "–" : out;
}

// The columns in the braces of a prompt's form, without those whose paragraph may be missing unseen.
std::string prompt_columns(std::string_view form) {
  if (form.empty()) return "messages";
  std::string out;
  for (std::size_t open = form.find('{'); open != std::string_view::npos; open = form.find('{', open + 1)) {
    std::string name(form.substr(open + 1, form.find('}', open) - open - 1));
    if (name.empty() || name == "language") continue;
    for (std::size_t bar = name.find('|'); bar != std::string::npos; bar = name.find('|', bar + 1)) name.replace(bar, 1, "` or `");
    out += (out.empty() ? "`" : ", `") + name + "`";
  }
  return out;
}

const char* gold_note(GoldRule rule) {
  switch (rule) {
    case GoldRule::kAfterHashes: return ", after `####`";
    case GoldRule::kLastBox: return ", its last box";
    case GoldRule::kChoice: return ", a letter or an index";
    default: return "";
  }
}

const char* chain_note(ChainRule rule) {
  switch (rule) {
    case ChainRule::kBeforeHashes: return ", before `####`";
    case ChainRule::kProgram:
    case ChainRule::kFunction: return ", fenced";
    case ChainRule::kReply: return ", the reply";
    default: return "";
  }
}

std::string indented(const std::string& text) {
  std::string out = "    ";
  for (const char c : text) {
    out += c;
    if (c == '\n') out += "    ";
  }
  return out;
}

}  // namespace

std::string shapes_markdown() {
  std::string out =
      "| shape | columns that tell it | prompt from | gold from | to imitate in SFT | verifier | for example |\n| --- | --- | --- | --- | --- | --- | --- |\n";
  for (const Shape& shape : shapes()) {
    const std::string gold = shape.gold == GoldRule::kNone ? "the row itself" : code_list(shape.gold_columns, " or ") + gold_note(shape.gold);
    const std::string chain = shape.chain == ChainRule::kNone ? "–" : code_list(shape.chain_columns, " or ") + chain_note(shape.chain);
    out += fmt::format("| `{}` | {} | {} | {} | {} | `{}` | {} |\n", shape.name, code_list(shape.needs, ", "), prompt_columns(shape.prompt), gold, chain, shape.verifier, shape.example);
  }
  return out;
}

std::string generators_markdown() {
  std::string out;
  for (const Generator& generator : generators()) {
    const Problem problem = generator.train(DataOptions(), 1, 0);
    out += fmt::format("`{}`, judged by `{}`: \"{}\"\n\n{}\n\n", generator.name, generator.verifier, problem.prompt, indented(problem.chain + "\n→ " + problem.solution));
  }
  return out;
}

}  // namespace laconic::pipeline
