#include "cli/verify_spec.h"

#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "base/file.h"
#include "cli/command.h"
#include "pipeline/data/line_reader.h"
#include "pipeline/recipe.h"

namespace laconic::cli {
namespace {

using Json = nlohmann::ordered_json;

// A recipe, or a file with the one table [verifier]: the recipe reader wants a stage too.
verifiers::VerifierSpec spec_of_toml(const std::string& file) {
  std::string text = read_file(file);
  if (text.find("[[stage]]") == std::string::npos) text += "\n[[stage]]\ntype = \"sft\"\n";
  return pipeline::parse_recipe(text, file).verifier.spec;
}

verifiers::VerifierSpec named(const std::string& text) {
  verifiers::VerifierSpec spec;
  const fs::path path(text);
  if (path.extension() == ".py") {
    spec.name = "python";
    spec.python.file = text;
  } else if (path.extension() == ".so") {
    spec.name = "library";
    spec.library.path = text;
  } else if (fs::is_regular_file(path)) {
    if (::access(path.c_str(), X_OK) != 0)
      throw UsageError("`" + text + "` is neither a .toml, .py or .so file nor a program", "command line", "`chmod +x " + text + "` makes it a program");
    spec.name = "process";
    spec.process.command = {text.find('/') == std::string::npos ? "./" + text : text};
  } else {
    spec.name = text;
  }
  return spec;
}

std::optional<std::string> text_at(const Json& row, const char* key) {
  const auto found = row.find(key);
  if (found == row.end() || found->is_null()) return std::nullopt;
  return found->is_string() ? found->get<std::string>() : found->dump();
}

// The text of the last message, for a prompt in the form of messages.
std::string prompt_of(const Json& row) {
  for (const char* key : {"prompt", "question", "problem"}) {
    const auto found = row.find(key);
    if (found == row.end()) continue;
    if (found->is_string()) return found->get<std::string>();
    if (found->is_array() && !found->empty() && found->back().is_object()) return found->back().value("content", "");
  }
  return "";
}

VerifyCase case_of(Json row, const std::string& where) {
  const auto wrong = [&](const std::string& what) { return UsageError(what, where, "a case is {\"gold\": …, \"pred\": \"the response\", \"expected\": \"pass\"}"); };
  if (!row.is_object()) throw wrong("the line is not a JSON object");
  VerifyCase out;
  const auto pred = row.find("pred");
  if (pred == row.end() || !pred->is_string()) throw wrong("the case has no text in `pred`");
  out.request.response = pred->get<std::string>();
  if (const auto expected = row.find("expected"); expected != row.end() && !expected->is_null()) {
    if (expected->is_boolean()) out.expected = expected->get<bool>() ? "pass" : "not pass";
    else if (expected->is_number()) out.expected_score = expected->get<double>();
    else if (expected->is_string() && outcome_named(expected->get<std::string>())) out.expected = expected->get<std::string>();
    else throw wrong("`expected` is " + expected->dump() + ", but must be an outcome, true, false or a score");
  }
  if (const auto finished = row.find("finished"); finished != row.end() && finished->is_boolean()) out.request.finished = finished->get<bool>();
  if (const auto tokens = row.find("tokens"); tokens != row.end() && tokens->is_array())
    for (const Json& token : *tokens)
      if (token.is_number_integer()) out.request.tokens.push_back(token.get<std::int32_t>());
  out.request.prompt = prompt_of(row);
  row.erase("pred");
  row.erase("expected");
  if (!row.contains("answer") && row.contains("gold")) row["answer"] = row["gold"];  // as data sets name it
  out.request.columns = row.dump();
  return out;
}

}  // namespace

verifiers::VerifierSpec read_verifier_spec(const std::string& text, const std::vector<std::string>& settings) {
  return as_usage([&] {
    const bool toml = fs::path(text).extension() == ".toml";
    verifiers::VerifierSpec spec = toml ? spec_of_toml(text) : named(text);
    OptionSet set;
    spec.declare(set);
    for (const std::string& setting : settings) {
      const std::size_t equals = setting.find('=');
      if (equals == std::string::npos || equals == 0) throw UsageError("`" + setting + "` is not a setting", "command line", "write --set key=value");
      std::string key = setting.substr(0, equals);
      if (key.rfind("verifier.", 0) == 0) key.erase(0, 9);
      set.set_text(key, setting.substr(equals + 1), "command line");
    }
    return spec;
  });
}

std::vector<VerifyCase> read_verify_cases(const std::string& file) {
  return as_usage([&] {
    if (!fs::is_regular_file(file)) throw UsageError("there is no file `" + file + "`", "command line");
    std::vector<VerifyCase> cases;
    pipeline::LineReader lines(file);
    for (std::string line; lines.next(line);) {
      if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
      cases.push_back(case_of(Json::parse(line, nullptr, false), fmt::format("{}:{}", file, lines.number())));
      cases.back().request.id = fmt::format("case {}", cases.size() - 1);
    }
    if (cases.empty()) throw UsageError("the file holds no case", file);
    return cases;
  });
}

bool VerifyCase::as_expected(const verifiers::Verdict& verdict) const {
  if (expected_score) {
    const auto score = counted_score(verdict.outcome, verdict.score);
    return score && std::abs(*score - *expected_score) <= 1e-9;
  }
  if (!expected) return true;
  if (*expected == "not pass") return is_counted(verdict.outcome) && verdict.outcome != Outcome::kPass;
  return name_of(verdict.outcome) == *expected;
}

std::string VerifyCase::expectation() const { return expected_score ? fmt::format("{:g}", *expected_score) : expected.value_or(""); }

}  // namespace laconic::cli
