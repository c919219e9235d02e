// laconic bench tokenizer: encoding and decoding on one core, and texts made to be slow.
#include <ctime>
#include <functional>
#include <memory>

#include <fmt/format.h>

#include "base/error.h"
#include "base/file.h"
#include "cli/bench.h"
#include "model/card.h"
#include "model/tokenizer/tokenizer.h"

namespace laconic::cli {
namespace {

struct Options {
  std::string tokenizer;
  std::vector<std::string> texts;
  int repeat = 5;
};

using Progress = std::function<void(const std::string&)>;

// Of this thread: the machine's other work costs wall time, not this.
double processor_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

template <class F>
double timed(F&& work) {
  const double start = processor_seconds();
  work();
  return processor_seconds() - start;
}

std::string repeated(std::string_view unit, std::size_t size) {
  std::string text;
  while (text.size() < size) text += unit;
  return text;
}

// A letter drawn at random for each byte: no piece of it is in a vocabulary.
std::string random_word(std::size_t size) {
  std::string text;
  for (std::uint32_t state = 1; text.size() < size;) text += static_cast<char>('a' + ((state = state * 1664525 + 1013904223) >> 24) % 26);
  return text;
}

std::string tokenizer_json(const std::string& path) {
  if (path.ends_with(".json")) return read_file(path);
  if (fs::exists(fs::path(path) / "tokenizer.json")) return read_file(fs::path(path) / "tokenizer.json");
  return model::read_card(path).tokenizer_json;
}

BenchResult bench(const Options& o, const Progress& progress) {
  const std::string json = tokenizer_json(o.tokenizer);
  const model::Tokenizer tokenizer = model::Tokenizer::parse(json, o.tokenizer);
  constexpr std::size_t kMega = 1'000'000;
  struct Text { std::string name, bytes; std::optional<double> bar; };
  std::vector<Text> texts;
  for (const std::string& file : o.texts) texts.push_back({file, read_file(file), 10.0});
  const std::string added = tokenizer.id_of("<|im_start|>") >= 0 ? "<|im_start" : "<｜begin▁of▁sentence";
  texts.push_back({"1 MB word of random letters", random_word(kMega), {}});
  for (const auto& [name, unit] : std::initializer_list<std::pair<const char*, std::string>>{
           {"1 MB of one letter", "a"}, {"1 MB of spaces", " "}, {"1 MB of emoji", "🙂"}, {"1 MB of combining marks", "\u0323\u0301"}, {"1 MB of almost added tokens", added}})
    texts.push_back({name, repeated(unit, kMega), {}});

  std::vector<Measure> encoding, decoding;
  for (const Text& text : texts) {
    encoding.push_back({"encode " + text.name, "MB/s", {}, true, text.bar});
    if (text.bar) decoding.push_back({"decode " + text.name, "MB/s", {}, true, {}});
  }
  Measure parsing{"read the vocabulary", "s", {}, false, 1.0};
  for (int round = 0; round < o.repeat; ++round) {
    progress(fmt::format("round {} of {}", round + 1, o.repeat));
    parsing.samples.push_back(timed([&] { model::Tokenizer::parse(json, o.tokenizer); }));
    for (std::size_t i = 0; i < texts.size(); ++i) {
      std::vector<std::int32_t> ids;
      const double megabytes = static_cast<double>(texts[i].bytes.size()) / 1e6;
      encoding[i].samples.push_back(megabytes / timed([&] { ids = tokenizer.encode(texts[i].bytes); }));
      if (i < decoding.size()) decoding[i].samples.push_back(megabytes / timed([&] { tokenizer.decode_bytes(ids); }));
    }
  }
  BenchResult result;
  result.setting = fmt::format("{}, {} ids, one core, processor time", o.tokenizer, tokenizer.vocab_size());
  result.measures = {parsing};
  result.measures.insert(result.measures.end(), encoding.begin(), encoding.end());
  result.measures.insert(result.measures.end(), decoding.begin(), decoding.end());
  return result;
}

}  // namespace

std::function<BenchResult(const Progress&)> declare_bench_tokenizer(Command& command) {
  auto o = std::make_shared<Options>();
  command.argument("TOKENIZER", o->tokenizer, "a Hugging Face folder, a tokenizer.json or a GGUF file");
  command.option("--text", o->texts, "FILE", "a text to encode; English of a few megabytes is what the bar is for");
  command.option("--repeat", o->repeat, "N", "how often each measure is taken", {1, 100});
  return [o](const Progress& progress) { return bench(*o, progress); };
}

}  // namespace laconic::cli
