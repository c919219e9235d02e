// The pre-tokenizer of a byte-level BPE: a sequence of stages, each cutting every piece of the stage
// before on its own; a stage's look-ahead never sees beyond its piece.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/tokenizer/split_pattern.h"

namespace laconic::model {

// What becomes of a Split's matches and of the stretches between them.
enum class SplitBehavior {
  kIsolated,            // each a piece
  kRemoved,             // matches are dropped
  kMergedWithPrevious,  // a match joins the stretch before it
  kMergedWithNext,      // … or after it
  kContiguous,          // matches that touch are one piece
};

struct SplitStage {
  SplitPattern pattern;
  SplitBehavior behavior = SplitBehavior::kIsolated;
  bool invert = false;  // matches and stretches change roles
};
struct DigitsStage { bool individual = false; };  // numeric characters one by one, or runs of them
struct ByteLevelStage {                           // always last
  bool add_prefix_space = false;                  // before every piece that does not start with a space
  std::optional<SplitPattern> pattern;            // the GPT-2 pattern when use_regex
};
using Stage = std::variant<SplitStage, DigitsStage, ByteLevelStage>;

// 's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
extern const char* const kByteLevelPattern;

class Pretokenizer {
 public:
  explicit Pretokenizer(std::vector<Stage> stages) : stages_(std::move(stages)) {}

  // Valid UTF-8 → pieces that BPE never merges across. Views point into `text` or into `storage`.
  std::vector<std::string_view> split(std::string_view text, std::string& storage) const;

 private:
  std::vector<Stage> stages_;
};

}  // namespace laconic::model
