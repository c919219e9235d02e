#include "verifiers/builtin/text.h"

#include <algorithm>

#include <nlohmann/json.hpp>

namespace laconic::verifiers::builtin {

using Json = nlohmann::json;

Answer marked_answer(const VerifyRequest& request, Reasoning reasoning) {
  const auto rest = answer_part(request.response, reasoning);
  if (!rest) return {no_answer("the reasoning never ends"), {}};
  const auto found = find_answer(*rest, request.finished);
  if (!found) return {no_answer("no \\boxed{}, <answer> or #### after the reasoning"), {}};
  if (found->text.empty()) return {no_answer(std::string(name_of(found->mark)) + " is empty"), {}};
  return {std::nullopt, found->text};
}

std::string_view without_end_tokens(std::string_view text) {
  while (true) {
    text = trimmed(text);
    bool cut = false;
    for (const auto& [open, close] : {std::pair<std::string_view, std::string_view>{"<|", "|>"}, {"<｜", "｜>"}}) {
      if (!text.ends_with(close)) continue;
      const std::size_t at = text.substr(0, text.size() - close.size()).rfind(open);
      if (at == std::string_view::npos || text.substr(at).find_first_of(" \n") != std::string_view::npos) continue;
      text = text.substr(0, at);
      cut = true;
    }
    if (!cut) return text;
  }
}

std::vector<std::string> golds_of(const std::string& columns) {
  const Json row = Json::parse(columns, nullptr, false);
  if (!row.is_object()) return {};
  const Json* gold = nullptr;
  const auto look = [&](const Json& object, const char* name) {
    if (gold || !object.is_object()) return;
    if (const auto found = object.find(name); found != object.end() && !found->is_null()) gold = &*found;
  };
  look(row, "answer");
  look(row, "gold");
  look(row, "ground_truth");
  if (row.contains("reward_model")) look(row["reward_model"], "ground_truth");
  look(row, "final_answer");
  if (!gold) return {};
  const auto text = [](const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', false, Json::error_handler_t::replace); };
  std::vector<std::string> out;
  if (gold->is_array()) for (const Json& one : *gold) out.push_back(text(one));
  else out.push_back(text(*gold));
  return out;
}

std::string shown(std::string_view text) {
  std::string out(text.substr(0, 120));
  if (out.size() < text.size()) {
    while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xC0) == 0x80) out.pop_back();
    if (!out.empty() && static_cast<unsigned char>(out.back()) >= 0xC0) out.pop_back();
    out += "…";
  }
  std::replace(out.begin(), out.end(), '\n', ' ');
  return out;
}

bool same_without_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

Verdict decided(bool right, std::string_view extracted, std::string explanation) {
  Verdict verdict;
  verdict.outcome = right ? Outcome::kPass : Outcome::kFail;
  verdict.score = right ? 1 : 0;
  verdict.extracted = shown(extracted);
  verdict.explanation = std::move(explanation);
  return verdict;
}

Verdict no_answer(std::string explanation) {
  Verdict verdict;
  verdict.outcome = Outcome::kNoAnswer;
  verdict.explanation = std::move(explanation);
  return verdict;
}

Verdict undecided(std::string explanation) {
  Verdict verdict;
  verdict.outcome = Outcome::kUndecided;
  verdict.explanation = std::move(explanation);
  return verdict;
}

}  // namespace laconic::verifiers::builtin
