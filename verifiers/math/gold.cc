#include "verifiers/math/gold.h"

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "verifiers/answer.h"
#include "verifiers/math/build.h"
#include "verifiers/math/parser.h"

namespace laconic::verifiers::math {
namespace {

using Json = nlohmann::json;

std::string text_of(const Json& value) {
  if (value.is_string()) {
    std::string_view text = value.get_ref<const std::string&>();
    if (const std::size_t mark = text.rfind("####"); mark != std::string_view::npos) text.remove_prefix(mark + 4);
    else if (const auto found = find_answer(text, true); found && found->mark == AnswerMark::kBoxed && !found->text.empty()) text = found->text;  // a worked solution
    return std::string(trimmed(text));
  }
  if (value.is_number() || value.is_boolean()) return value.dump();
  return {};
}

std::string shortened(std::string_view text) {
  std::string out(text.substr(0, 100));
  while (out.size() < text.size() && !out.empty() && (static_cast<unsigned char>(out.back()) & 0x80) != 0) out.pop_back();
  if (out.size() < text.size()) out += "…";
  return out;
}

// Finite in every part; golds that are none never become a verdict.
bool all_finite(const Value& value) {
  if (value.scalar && free_symbols(value.scalar).empty() && !contains(value.scalar, Op::kCall) && !is_finite_value(value.scalar)) return false;
  for (const Value& item : value.items) {
    if (!all_finite(item)) return false;
  }
  return true;
}

std::string problem_of(std::string_view text, const Parsed& parsed) {
  const std::string quoted = "the gold \"" + shortened(text) + "\" ";
  if (text.empty()) return "the gold is empty";
  if (!parsed.value) return quoted + "is not understood: " + parsed.problem;
  if (parsed.fallback) return quoted + "is a word that is neither in \\text{} nor in the word list";
  if (!all_finite(*parsed.value)) return quoted + "has no finite value";
  return {};
}

}  // namespace

Golds golds_of_text(std::string_view text, const MathOptions& options) {
  Golds out;
  Gold gold;
  gold.text = std::string(trimmed(text));
  gold.parsed = parse(gold.text);
  gold.tolerance = {options.tolerance_absolute, options.tolerance_relative};
  out.problem = problem_of(gold.text, gold.parsed);
  if (out.problem.empty()) out.any.push_back(std::move(gold));
  return out;
}

Golds read_golds(const std::string& columns, const MathOptions& options) {
  Golds out;
  const Json row = Json::parse(columns, nullptr, false);
  if (!row.is_object()) return {{}, "the row is not a JSON object"};
  const Json* answer = nullptr;
  for (const char* column : {"answer", "gold", "ground_truth", "final_answer", "solution"}) {
    if (const auto found = row.find(column); found != row.end() && !found->is_null()) {
      answer = &*found;
      break;
    }
  }
  if (!answer) return {{}, "the row has no column \"answer\""};
  std::vector<std::string> texts;
  if (answer->is_array()) {
    for (const Json& one : *answer) texts.push_back(text_of(one));
  } else {
    texts.push_back(text_of(*answer));
  }
  if (texts.empty()) return {{}, "the row's list of answers is empty"};

  Tolerance tolerance{options.tolerance_absolute, options.tolerance_relative};
  if (const auto error = row.find("error"); options.row_tolerance && error != row.end() && !error->is_null()) {
    const std::string text = error->is_string() ? error->get<std::string>() : error->dump();
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    if (!text.empty() && end == text.c_str() + text.size() && value >= 0 && value < 1e300) tolerance.absolute = value;
    else if (!text.empty()) return {{}, "the row's tolerance \"" + shortened(text) + "\" is no number"};
  }
  std::string unit;
  if (const auto column = row.find("unit"); column != row.end() && column->is_string()) unit = column->get<std::string>();

  for (const std::string& text : texts) {
    Gold gold;
    gold.text = text;
    gold.parsed = parse(text);
    gold.tolerance = tolerance;
    if (const std::string problem = problem_of(text, gold.parsed); !problem.empty()) {
      out.problem = problem;
      out.any.clear();
      return out;
    }
    if (!unit.empty() && gold.parsed.value->kind == Kind::kScalar && gold.parsed.value->unit.empty()) {
      if (unit == "%" || unit == "\\%") {
        // "4.2" in percent: 4.2 and 4.2 % both answer it.
        Gold percent = gold;
        percent.parsed = parse(text + "\\%");
        percent.tolerance.absolute = tolerance.absolute / 100;
        if (percent.parsed.value) out.any.push_back(std::move(percent));
      } else if (unit.find("circ") != std::string::npos) {
        gold.parsed.value->unit = "degree";
      } else {
        gold.parsed.value->unit = canonical_unit(unit);
      }
    }
    out.any.push_back(std::move(gold));
  }
  const auto match = row.find("answer_match");
  const bool all = match != row.end() && match->is_string() ? *match == "all" : options.golds == "all";
  if (all && texts.size() > 1) {
    Gold list;
    Value value;
    value.kind = Kind::kList;
    for (Gold& gold : out.any) {
      if (!list.text.empty()) list.text += ", ";
      list.text += gold.text;
      if (gold.parsed.value->kind == Kind::kList) value.items.insert(value.items.end(), gold.parsed.value->items.begin(), gold.parsed.value->items.end());
      else value.items.push_back(std::move(*gold.parsed.value));
    }
    list.parsed.value = std::move(value);
    list.tolerance = tolerance;
    out.any.clear();
    out.any.push_back(std::move(list));
  }
  return out;
}

}  // namespace laconic::verifiers::math
