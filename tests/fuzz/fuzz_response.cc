// What a model writes, as `generate` shows it: any ids become whole UTF-8, the same in a stream as at once,
// and end before the stop text that is complete first, wherever tokens divide it.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "cli/stop_text.h"
#include "cli/terminal.h"
#include "cli/token_stream.h"
#include "model/tokenizer/bpe_trainer.h"
#include "model/tokenizer/utf8.h"

using namespace laconic;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_utf8(const std::string& text) { return model::valid_prefix(text) == text.size(); }

const model::Tokenizer& tokenizer() {
  static const std::vector<std::string> corpus(4, "the answer is €125, 答え ends here\n\n");
  static const model::Tokenizer made = model::Tokenizer::parse(model::train_tokenizer(corpus, 300), "fuzz");
  return made;
}

}  // namespace

// data: two bytes an id; from the first 0xFFFF on, stop texts divided by zero bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::int32_t> ids;
  std::size_t at = 0;
  for (; at + 1 < size && !(data[at] == 0xFF && data[at + 1] == 0xFF); at += 2)
    ids.push_back((data[at] | data[at + 1] << 8) % (static_cast<std::int32_t>(tokenizer().vocab_size()) + 8));  // a few name no token
  std::vector<std::string> stops;
  for (at += 2; at < size; ++at) {
    std::string stop;
    for (; at < size && data[at] != 0; ++at) stop += static_cast<char>(data[at]);
    if (!stop.empty()) stops.push_back(stop);
  }

  cli::TokenStream stream(tokenizer());
  cli::StopText stop(stops);
  std::string streamed, shown;
  const auto take = [&](const std::string& piece) {
    require(is_utf8(piece));
    streamed += piece;
    shown += stop.add(piece);
  };
  for (const std::int32_t id : ids) take(stream.add(id));
  take(stream.finish());
  shown += stop.finish();

  require(streamed == tokenizer().decode_text(ids));
  std::size_t first = streamed.size(), end = std::string::npos;
  for (const std::string& text : stops)
    if (const std::size_t from = streamed.find(text); from != std::string::npos && std::pair(from + text.size(), from) < std::pair(end, first)) {
      first = from;
      end = from + text.size();
    }
  require(shown == streamed.substr(0, first));
  require(stop.stopped() == (end != std::string::npos));
  const std::string safe = cli::printable(shown, true);
  require(is_utf8(safe));
  for (const char c : safe) require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
  return 0;
}
