#include <algorithm>

#include "verifiers/builtin/families.h"
#include "verifiers/builtin/text.h"

namespace laconic::verifiers::builtin {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f'; }

class Exact : public Verifier {
 public:
  Exact(const ExactOptions& options, Reasoning reasoning) : options_(options), reasoning_(reasoning) {}

  Verdict verify(const VerifyRequest& request) const override {
    const std::vector<std::string> golds = golds_of(request.columns);
    if (golds.empty()) return undecided("the row has no gold");
    const Answer answer = marked_answer(request, reasoning_);
    if (answer.none) return *answer.none;
    const std::string text = normal(answer.text);
    const auto equal = [&](const std::string& gold) { return options_.ignore_case ? same_without_case(text, normal(gold)) : text == normal(gold); };
    const bool right = std::any_of(golds.begin(), golds.end(), equal);
    return decided(right, answer.text, "\"" + shown(answer.text) + "\" is " + (right ? "the gold" : "not the gold \"" + shown(golds[0]) + "\""));
  }

  std::optional<std::string> bad_row(const std::string& columns) const override {
    const std::vector<std::string> golds = golds_of(columns);
    if (golds.empty()) return "the row has no gold";
    for (const std::string& gold : golds)
      if (normal(gold).empty()) return "the gold is empty";
    return std::nullopt;
  }

 private:
  std::string normal(std::string_view text) const {
    std::string out;
    for (const char c : trimmed(text)) {
      if (!is_blank(c)) out += c;
      else if (!options_.ignore_blanks && (out.empty() || out.back() != ' ')) out += ' ';
    }
    return out;
  }

  ExactOptions options_;
  Reasoning reasoning_;
};

}  // namespace

std::unique_ptr<Verifier> make_exact(const ExactOptions& options, Reasoning reasoning) { return std::make_unique<Exact>(options, reasoning); }

}  // namespace laconic::verifiers::builtin
