#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "verifiers/builtin/families.h"
#include "verifiers/builtin/text.h"

namespace laconic::verifiers::builtin {
namespace {

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* object) const { Free(object); }
};
using Code = std::unique_ptr<pcre2_code, Freer<pcre2_code_free>>;
using MatchData = std::unique_ptr<pcre2_match_data, Freer<pcre2_match_data_free>>;
using MatchContext = std::unique_ptr<pcre2_match_context, Freer<pcre2_match_context_free>>;

constexpr std::uint32_t kHeapKiB = 20000;

std::string message_of(int code) {
  char text[200] = {};
  pcre2_get_error_message(code, reinterpret_cast<PCRE2_UCHAR*>(text), sizeof text);
  return text;
}

// `why` is filled when it is no regular expression.
Code compile(const std::string& pattern, std::string& why) {
  int code = 0;
  PCRE2_SIZE at = 0;
  Code compiled(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(), PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C, &code, &at, nullptr));
  if (!compiled) why = fmt::format("`{}` is no regular expression: {} at {}", shown(pattern), message_of(code), at);
  return compiled;
}

class Regex : public Verifier {
 public:
  Regex(const RegexOptions& options, Reasoning reasoning) : options_(options), reasoning_(reasoning) {
    std::string why;
    if (!options.pattern.empty() && !(fixed_ = compile(options.pattern, why))) throw Error(why, "verifier.regex.pattern");
  }

  Verdict verify(const VerifyRequest& request) const override {
    std::string why;
    const Code of_row = fixed_ ? nullptr : compile_row(request.columns, why);
    if (!why.empty()) return undecided(why);
    std::string_view text;
    if (options_.where == "response") {
      text = without_end_tokens(request.response);
    } else if (options_.where == "text") {
      const auto rest = answer_part(request.response, reasoning_);
      if (!rest) return no_answer("the reasoning never ends");
      text = without_end_tokens(*rest);
    } else {
      const Answer answer = marked_answer(request, reasoning_);
      if (answer.none) return *answer.none;
      text = answer.text;
    }
    return match(fixed_ ? *fixed_ : *of_row, text);
  }

  std::optional<std::string> bad_row(const std::string& columns) const override {
    std::string why;
    if (!fixed_) compile_row(columns, why);
    return why.empty() ? std::nullopt : std::optional(why);
  }

 private:
  Code compile_row(const std::string& columns, std::string& why) const {
    const auto row = nlohmann::json::parse(columns, nullptr, false);
    const auto found = row.is_object() ? row.find(options_.column) : row.end();
    if (!row.is_object() || found == row.end() || !found->is_string()) {
      why = "the row has no pattern in the column `" + options_.column + "`";
      return nullptr;
    }
    return compile(found->get<std::string>(), why);
  }

  // The limits count work, not time: the verdict is the same on any machine.
  Verdict match(const pcre2_code& code, std::string_view text) const {
    const MatchData data(pcre2_match_data_create_from_pattern(&code, nullptr));
    const MatchContext context(pcre2_match_context_create(nullptr));
    if (!data || !context) throw Error("no memory for a regular expression");
    pcre2_set_match_limit(context.get(), static_cast<std::uint32_t>(options_.match_limit));
    pcre2_set_heap_limit(context.get(), kHeapKiB);
    const std::uint32_t flags = options_.full ? PCRE2_ANCHORED | PCRE2_ENDANCHORED : 0;
    const int got = pcre2_match(&code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), 0, flags, data.get(), context.get());
    if (got >= 0) return decided(true, text, "\"" + shown(text) + "\" matches");
    if (got == PCRE2_ERROR_NOMATCH) return decided(false, text, "\"" + shown(text) + "\" does not match");
    if (got == PCRE2_ERROR_MATCHLIMIT || got == PCRE2_ERROR_HEAPLIMIT || got == PCRE2_ERROR_DEPTHLIMIT)
      return decided(false, text, fmt::format("the match needs more than regex.match_limit = {} steps", options_.match_limit));
    throw Error("the regular expression failed: " + message_of(got));
  }

  RegexOptions options_;
  Reasoning reasoning_;
  Code fixed_;  // immutable after construction: shared by threads
};

}  // namespace

std::unique_ptr<Verifier> make_regex(const RegexOptions& options, Reasoning reasoning) { return std::make_unique<Regex>(options, reasoning); }

}  // namespace laconic::verifiers::builtin
