#include "model/tokenizer/bpe_trainer.h"

#include <algorithm>
#include <map>
#include <queue>
#include <set>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

#include "base/error.h"
#include "model/tokenizer/byte_alphabet.h"
#include "model/json_fields.h"
#include "model/tokenizer/pretokenizer.h"
#include "model/tokenizer/utf8.h"

namespace laconic::model {
namespace {

struct Word {
  std::vector<std::int32_t> symbols;
  std::int64_t count = 0;
};

using Pair = std::pair<std::int32_t, std::int32_t>;

struct PairHash {
  std::size_t operator()(const Pair& pair) const {
    return std::hash<std::uint64_t>()(static_cast<std::uint64_t>(pair.first) << 32 | static_cast<std::uint32_t>(pair.second));
  }
};

struct PairStatistics {
  std::int64_t count = 0;
  std::unordered_set<std::size_t> words;  // may hold words that lost the pair since
};

struct Candidate {
  std::int64_t count;
  Pair pair;
  bool operator<(const Candidate& other) const {  // top of the heap: highest count, then smallest ids
    return count != other.count ? count < other.count : pair > other.pair;
  }
};

std::string quoted(const std::string& text) { return Json(text).dump(); }

class Trainer {
 public:
  explicit Trainer(const std::vector<std::string>& tokens) : tokens_(tokens), reserved_(tokens.begin(), tokens.end()) {
    std::vector<char32_t> alphabet;
    for (int byte = 0; byte < 256; ++byte) alphabet.push_back(byte_symbol(static_cast<std::uint8_t>(byte)));
    std::sort(alphabet.begin(), alphabet.end());
    for (const char32_t symbol : alphabet) {
      std::string text;
      append_utf8(text, symbol);
      byte_ids_[static_cast<unsigned char>((*bytes_of_symbols(text))[0])] = static_cast<std::int32_t>(tokens_.size());
      tokens_.push_back(text);
    }
  }

  void read(std::span<const std::string> lines) {
    std::vector<Stage> stages;
    stages.push_back(DigitsStage{true});
    stages.push_back(ByteLevelStage{false, SplitPattern(kByteLevelPattern, "")});
    const Pretokenizer pretokenizer(std::move(stages));
    std::map<std::string, std::int64_t> counts;
    for (const std::string& line : lines) {
      if (valid_prefix(line) != line.size()) throw Error("a line of the tokenizer's corpus is not UTF-8: " + line.substr(0, 60));
      std::string storage;
      for (const std::string_view piece : pretokenizer.split(line, storage)) ++counts[std::string(piece)];
    }
    for (const auto& [text, count] : counts) {
      Word word{{}, count};
      for (const char byte : text) word.symbols.push_back(byte_ids_[static_cast<unsigned char>(byte)]);
      words_.push_back(std::move(word));
    }
    for (std::size_t w = 0; w < words_.size(); ++w) add_pairs(w, +1);
    for (const auto& [pair, statistics] : pairs_) heap_.push({statistics.count, pair});
  }

  void learn(std::size_t vocab_size) {
    while (tokens_.size() < vocab_size && !heap_.empty()) {
      const Candidate top = heap_.top();
      heap_.pop();
      PairStatistics& statistics = pairs_[top.pair];
      if (statistics.count != top.count) {  // counts only fall while queued: queue again with the present one
        if (statistics.count > 0) heap_.push({statistics.count, top.pair});
        continue;
      }
      if (top.count < 2) break;
      const std::string merged = text_of(top.pair.first) + text_of(top.pair.second);
      if (!reserved_.insert(merged).second) continue;  // its text is already a token
      merges_.push_back(top.pair);
      tokens_.push_back(merged);
      apply(top.pair, static_cast<std::int32_t>(tokens_.size() - 1));
    }
  }

  std::string json(std::size_t added, std::size_t special_count) const {
    std::string text = R"({"version":"1.0","truncation":null,"padding":null,"added_tokens":[)";
    for (std::size_t id = 0; id < added; ++id)
      text += fmt::format(R"({}{{"id":{},"content":{},"single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":{}}})",
                          id ? "," : "", id, quoted(tokens_[id]), id < special_count);
    text += R"(],"normalizer":null,"pre_tokenizer":{"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":true},)"
            R"({"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true}]},"post_processor":null,)"
            R"("decoder":{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true},)"
            R"("model":{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":null,"end_of_word_suffix":null,)"
            R"("fuse_unk":false,"byte_fallback":false,"ignore_merges":false,"vocab":{)";
    for (std::size_t id = 0; id < tokens_.size(); ++id) text += fmt::format("{}\n{}:{}", id ? "," : "", quoted(tokens_[id]), id);
    text += "},\"merges\":[";
    for (std::size_t i = 0; i < merges_.size(); ++i)
      text += fmt::format("{}\n[{},{}]", i ? "," : "", quoted(text_of(merges_[i].first)), quoted(text_of(merges_[i].second)));
    return text + "]}}\n";
  }

 private:
  const std::string& text_of(std::int32_t id) const { return tokens_[static_cast<std::size_t>(id)]; }

  // Adds (or takes away) a word's pairs.
  void add_pairs(std::size_t index, int sign) {
    const Word& word = words_[index];
    for (std::size_t i = 0; i + 1 < word.symbols.size(); ++i) {
      PairStatistics& statistics = pairs_[{word.symbols[i], word.symbols[i + 1]}];
      statistics.count += sign * word.count;
      if (sign > 0) statistics.words.insert(index);
    }
  }

  void apply(const Pair& pair, std::int32_t merged) {
    const std::unordered_set<std::size_t> affected = std::move(pairs_[pair].words);
    std::set<Pair> fresh;
    for (const std::size_t index : affected) {
      add_pairs(index, -1);
      std::vector<std::int32_t>& symbols = words_[index].symbols;
      std::size_t out = 0;
      for (std::size_t in = 0; in < symbols.size(); ++in, ++out) {
        const bool match = in + 1 < symbols.size() && symbols[in] == pair.first && symbols[in + 1] == pair.second;
        symbols[out] = match ? merged : symbols[in];
        in += match;
      }
      symbols.resize(out);
      add_pairs(index, +1);
      for (std::size_t i = 0; i + 1 < symbols.size(); ++i)
        if (symbols[i] == merged || symbols[i + 1] == merged) fresh.insert({symbols[i], symbols[i + 1]});
    }
    for (const Pair& made : fresh) heap_.push({pairs_[made].count, made});
  }

  std::vector<std::string> tokens_;
  std::set<std::string> reserved_;
  std::int32_t byte_ids_[256] = {};
  std::vector<Word> words_;
  std::unordered_map<Pair, PairStatistics, PairHash> pairs_;
  std::priority_queue<Candidate> heap_;
  std::vector<Pair> merges_;
};

}  // namespace

std::vector<std::string> deepseek_special_tokens() {
  return {"<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜▁pad▁｜>", "<｜User｜>", "<｜Assistant｜>", "<think>", "</think>"};
}

std::string train_tokenizer(std::span<const std::string> lines, std::int64_t vocab_size, const std::vector<std::string>& tokens,
                            std::size_t special_count) {
  if (vocab_size < static_cast<std::int64_t>(tokens.size()) + 256)
    throw Error(fmt::format("vocab_size is {}; the {} added tokens and 256 bytes need {}", vocab_size, tokens.size(), tokens.size() + 256));
  Trainer trainer(tokens);
  trainer.read(lines);
  trainer.learn(static_cast<std::size_t>(vocab_size));
  return trainer.json(tokens.size(), special_count);
}

}  // namespace laconic::model
