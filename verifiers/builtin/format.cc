#include <algorithm>

#include <fmt/format.h>

#include "verifiers/builtin/families.h"
#include "verifiers/builtin/text.h"

namespace laconic::verifiers::builtin {
namespace {

int count(std::string_view text, std::string_view word) {
  int n = 0;
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + word.size())) ++n;
  return n;
}

std::int64_t characters(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

class Format : public Verifier {
 public:
  Format(const FormatOptions& options, Reasoning reasoning) : options_(options), reasoning_(reasoning) {}

  Verdict verify(const VerifyRequest& request) const override {
    const std::string fault = what_is_wrong(request);
    return decided(fault.empty(), {}, fault.empty() ? "well-formed" : fault);
  }

 private:
  std::string what_is_wrong(const VerifyRequest& request) const {
    constexpr std::string_view kOpen = "<think>", kClose = "</think>";
    if (!request.finished) return "cut at the token limit";
    std::string_view text = without_end_tokens(request.response);
    if (text.starts_with(kOpen)) text.remove_prefix(kOpen.size());
    else if (reasoning_ == Reasoning::kNone) return "does not begin with <think>";
    if (const int n = count(text, kOpen); n > 0) return "<think> within the response";
    if (const int n = count(text, kClose); n != 1) return n == 0 ? "the reasoning never ends" : fmt::format("{} times </think>", n);
    const std::size_t end = text.find(kClose);
    if (const auto n = characters(trimmed(text.substr(0, end))); n < options_.min_reasoning)
      return fmt::format("{} characters of reasoning, fewer than {}", n, options_.min_reasoning);
    const std::string_view rest = trimmed(text.substr(end + kClose.size()));
    if (rest.empty()) return "nothing after the reasoning";
    return options_.answer_tags ? wrong_tags(rest) : "";
  }

  static std::string wrong_tags(std::string_view rest) {
    constexpr std::string_view kOpen = "<answer>", kClose = "</answer>";
    const int opened = count(rest, kOpen), closed = count(rest, kClose);
    if (opened != 1 || closed != 1) return fmt::format("{} times <answer> and {} times </answer> after the reasoning", opened, closed);
    if (!rest.starts_with(kOpen) || !rest.ends_with(kClose)) return "text beside <answer>…</answer>";
    if (trimmed(rest.substr(kOpen.size(), rest.size() - kOpen.size() - kClose.size())).empty()) return "<answer> is empty";
    return "";
  }

  FormatOptions options_;
  Reasoning reasoning_;
};

}  // namespace

std::unique_ptr<Verifier> make_format(const FormatOptions& options, Reasoning reasoning) { return std::make_unique<Format>(options, reasoning); }

}  // namespace laconic::verifiers::builtin
