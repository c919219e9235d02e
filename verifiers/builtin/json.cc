#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "verifiers/builtin/families.h"
#include "verifiers/builtin/text.h"

namespace laconic::verifiers::builtin {
namespace {

using Json = nlohmann::json;

constexpr int kDeepest = 200;  // the parser's own structures recurse

bool too_deep(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      else if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kDeepest) return true;
    } else if (c == '}' || c == ']') {
      --depth;
    }
  }
  return false;
}

std::optional<Json> parsed(std::string_view text) {
  if (too_deep(text)) return std::nullopt;
  Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return std::nullopt;
  return json;
}

// Inside the last complete ```…``` (a language name after the opening is left out), or nothing.
std::optional<std::string_view> last_fence(std::string_view text) {
  constexpr std::string_view kFence = "```";
  const std::size_t close = text.rfind(kFence);
  if (close == std::string_view::npos || close == 0) return std::nullopt;
  const std::size_t open = text.rfind(kFence, close - 1);
  if (open == std::string_view::npos || open + kFence.size() > close) return std::nullopt;
  std::string_view inside = text.substr(open + kFence.size(), close - open - kFence.size());
  const std::size_t line = inside.find('\n');
  if (line == std::string_view::npos) return inside;
  return inside.substr(line + 1);
}

class JsonVerifier : public Verifier {
 public:
  JsonVerifier(const JsonOptions& options, Reasoning reasoning) : options_(options), reasoning_(reasoning) {}

  Verdict verify(const VerifyRequest& request) const override {
    std::string why;
    const std::optional<Json> gold = gold_of(request.columns, why);
    if (!why.empty()) return undecided(why);
    const auto rest = answer_part(request.response, reasoning_);
    if (!rest) return no_answer("the reasoning never ends");
    std::string_view text = without_end_tokens(*rest);
    if (const auto found = find_answer(*rest, request.finished)) text = found->text;
    if (const auto fence = last_fence(text)) text = trimmed(*fence);
    if (text.empty()) return no_answer("nothing after the reasoning");
    const std::optional<Json> value = parsed(text);
    if (!value) return decided(false, text, "\"" + shown(text) + "\" is not JSON");
    for (const std::string& key : options_.required)
      if (!value->is_object() || !value->contains(key)) return decided(false, text, "the key `" + key + "` is missing");
    if (!gold) return decided(true, text, options_.required.empty() ? "it is JSON" : "it is JSON with the required keys");
    const bool right = *value == *gold;
    return decided(right, text, right ? "equal to the gold" : "not equal to the gold " + shown(gold->dump()));
  }

  std::optional<std::string> bad_row(const std::string& columns) const override {
    std::string why;
    gold_of(columns, why);
    return why.empty() ? std::nullopt : std::optional(why);
  }

 private:
  // A gold is a JSON value, or a string that holds one.
  std::optional<Json> gold_of(const std::string& columns, std::string& why) const {
    if (!options_.compare) return std::nullopt;
    const auto row = Json::parse(columns, nullptr, false);
    if (!row.is_object()) return std::nullopt;
    for (const char* name : {"answer", "gold"})
      if (const auto found = row.find(name); found != row.end() && !found->is_null()) {
        if (!found->is_string()) return *found;
        auto gold = parsed(found->get_ref<const std::string&>());
        if (!gold) why = "the gold \"" + shown(found->get_ref<const std::string&>()) + "\" is not JSON";
        return gold;
      }
    return std::nullopt;
  }

  JsonOptions options_;
  Reasoning reasoning_;
};

}  // namespace

std::unique_ptr<Verifier> make_json(const JsonOptions& options, Reasoning reasoning) { return std::make_unique<JsonVerifier>(options, reasoning); }

}  // namespace laconic::verifiers::builtin
