#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>
#include <utf8proc.h>

#include "base/error.h"
#include "verifiers/builtin/families.h"
#include "verifiers/builtin/text.h"

namespace laconic::verifiers::builtin {
namespace {

enum class Script {
#define SCRIPT(name, how) k##name,
#include "verifiers/builtin/scripts.def"
#undef SCRIPT
  kOther,  // a letter of none of these
};
constexpr int kScripts = static_cast<int>(Script::kOther) + 1;

enum class How { kWords, kLetters };
constexpr How kHow[] = {
#define SCRIPT(name, how) How::how,
#include "verifiers/builtin/scripts.def"
#undef SCRIPT
    How::kWords,
};
constexpr const char* kNames[] = {
#define SCRIPT(name, how) #name,
#include "verifiers/builtin/scripts.def"
#undef SCRIPT
    "another script",
};

struct Range {
  Script script;
  utf8proc_int32_t first, last;
};
constexpr Range kRanges[] = {
#define RANGE(script, first, last) {Script::k##script, first, last},
#include "verifiers/builtin/scripts.def"
#undef RANGE
};

struct Language {
  std::string code;
  std::vector<Script> scripts;
};
const std::vector<Language>& languages() {
  using enum Script;
  static const std::vector<Language> list = {
#define LANGUAGE(code, ...) {#code, {__VA_ARGS__}},
#include "verifiers/builtin/scripts.def"
#undef LANGUAGE
  };
  return list;
}

bool is_letter(utf8proc_int32_t point) {
  const auto category = utf8proc_category(point);
  return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}

// An accent or a vowel sign: part of the letter before it.
bool is_mark(utf8proc_int32_t point) {
  const auto category = utf8proc_category(point);
  return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC;
}

Script script_of(utf8proc_int32_t letter) {
  const auto range = std::upper_bound(std::begin(kRanges), std::end(kRanges), letter, [](utf8proc_int32_t p, const Range& r) { return p < r.first; });
  return range != std::begin(kRanges) && letter <= std::prev(range)->last ? std::prev(range)->script : Script::kOther;
}

using Counts = std::array<std::int64_t, kScripts>;

// Text without what is the same in any language: LaTeX commands, mathematics between dollars, fenced
// code, tags and special tokens, URLs.
class Words {
 public:
  explicit Words(std::string_view text) : text_(text) {}

  Counts count() {
    while (at_ < text_.size()) {
      if (skip_between("```", "```") || skip_between("$$", "$$") || skip_between("$", "$") || skip_between("\\(", "\\)") || skip_between("\\[", "\\]") ||
          skip_between("<|", "|>") || skip_between("<｜", "｜>") || skip_tag() || skip_command() || skip_url())
        continue;
      step();
    }
    end_word();
    return counts_;
  }

 private:
  // A marker without its partner is only text: what one line hides must not hide the rest.
  bool skip_between(std::string_view open, std::string_view close) {
    if (text_.compare(at_, open.size(), open) != 0) return false;
    // Looked for once: where no partner follows, none follows later.
    const bool none = std::find(missing_.begin(), missing_.end(), close) != missing_.end();
    const std::size_t end = none ? std::string_view::npos : text_.find(close, at_ + open.size());
    if (end == std::string_view::npos && !none) missing_.push_back(close);
    if (end == std::string_view::npos || (open == "$" && text_.substr(at_, end - at_).find('\n') != std::string_view::npos)) {
      end_word();
      at_ += open.size();
      return true;
    }
    end_word();
    at_ = end + close.size();
    return true;
  }

  bool skip_tag() {
    for (const std::string_view tag : {"<think>", "</think>", "<answer>", "</answer>"})
      if (text_.compare(at_, tag.size(), tag) == 0) {
        end_word();
        at_ += tag.size();
        return true;
      }
    return false;
  }

  bool skip_command() {
    if (text_[at_] != '\\') return false;
    end_word();
    for (++at_; at_ < text_.size() && ((text_[at_] >= 'a' && text_[at_] <= 'z') || (text_[at_] >= 'A' && text_[at_] <= 'Z')); ++at_) {
    }
    return true;
  }

  bool skip_url() {
    if (text_.compare(at_, 7, "http://") != 0 && text_.compare(at_, 8, "https://") != 0) return false;
    end_word();
    at_ = std::min(text_.find_first_of(" \n\t", at_), text_.size());
    return true;
  }

  void step() {
    utf8proc_int32_t point = 0;
    const auto size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text_.data() + at_), static_cast<utf8proc_ssize_t>(text_.size() - at_), &point);
    at_ += size > 0 ? static_cast<std::size_t>(size) : 1;
    if (size > 0 && is_mark(point)) return;
    if (size <= 0 || !is_letter(point)) return end_word();
    const Script script = script_of(point);
    if (script != word_) end_word();
    word_ = script;
    ++length_;
  }

  // A single letter of an alphabet is a variable or a choice, no word.
  void end_word() {
    if (word_) {
      const auto i = static_cast<std::size_t>(*word_);
      if (kHow[i] == How::kLetters) counts_[i] += length_;
      else if (length_ > 1) counts_[i] += 1;
    }
    word_.reset();
    length_ = 0;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::optional<Script> word_;
  std::int64_t length_ = 0;
  std::vector<std::string_view> missing_;
  Counts counts_ = {};
};

class LanguageVerifier : public Verifier {
 public:
  explicit LanguageVerifier(const LanguageOptions& options) : options_(options) {
    if (options.target == "auto") return;
    std::vector<std::string> codes;
    for (const Language& language : languages()) {
      if (language.code == options.target) target_ = &language;
      codes.push_back(language.code);
    }
    if (!target_) throw Error("there is no language `" + options.target + "`", "verifier.language.target", fmt::format("one of auto, {}", fmt::join(codes, ", ")));
  }

  Verdict verify(const VerifyRequest& request) const override {
    Language of_prompt;
    const Language* target = target_;
    if (!target) {
      const Counts prompt = Words(request.prompt).count();
      const auto most = std::max_element(prompt.begin(), prompt.end());
      if (*most == 0) {
        Verdict verdict;
        verdict.outcome = Outcome::kSkip;
        verdict.explanation = "the prompt has no words to tell a language by";
        return verdict;
      }
      const auto script = static_cast<Script>(most - prompt.begin());
      // Japanese mixes three scripts; one kana in the prompt tells it from Chinese.
      const bool japanese = prompt[static_cast<std::size_t>(Script::kHiragana)] + prompt[static_cast<std::size_t>(Script::kKatakana)] > 0 &&
                            (script == Script::kHan || script == Script::kHiragana || script == Script::kKatakana);
      of_prompt.scripts = japanese ? std::vector<Script>{Script::kHan, Script::kHiragana, Script::kKatakana} : std::vector<Script>{script};
      target = &of_prompt;
    }
    if (without_end_tokens(request.response).empty()) return no_answer("the response is empty");
    const Counts counts = Words(request.response).count();
    std::int64_t all = 0, right = 0;
    int stranger = -1;
    for (int i = 0; i < kScripts; ++i) {
      all += counts[static_cast<std::size_t>(i)];
      if (std::find(target->scripts.begin(), target->scripts.end(), static_cast<Script>(i)) != target->scripts.end()) right += counts[static_cast<std::size_t>(i)];
      else if (counts[static_cast<std::size_t>(i)] > 0 && (stranger < 0 || counts[static_cast<std::size_t>(i)] > counts[static_cast<std::size_t>(stranger)])) stranger = i;
    }
    const double share = all == 0 ? 1 : static_cast<double>(right) / static_cast<double>(all);
    Verdict verdict = decided(share >= options_.min_share, {}, fmt::format("{} of {} words in {}", right, all, kNames[static_cast<std::size_t>(target->scripts.front())]));
    if (stranger >= 0) verdict.explanation += fmt::format(", {} in {}", counts[static_cast<std::size_t>(stranger)], kNames[stranger]);
    verdict.score = share;
    return verdict;
  }

 private:
  LanguageOptions options_;
  const Language* target_ = nullptr;  // null: the prompt's
};

}  // namespace

std::unique_ptr<Verifier> make_language(const LanguageOptions& options) { return std::make_unique<LanguageVerifier>(options); }

}  // namespace laconic::verifiers::builtin
