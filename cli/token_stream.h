// Tokens → text as they come: a character split over tokens is held back until it is whole.
#pragma once

#include <cstdint>
#include <string>

#include "model/tokenizer/tokenizer.h"

namespace laconic::cli {

class TokenStream {
 public:
  explicit TokenStream(const model::Tokenizer& tokenizer) : tokenizer_(tokenizer) {}

  // The text that became whole with this token; valid UTF-8, may be empty.
  std::string add(std::int32_t token);
  // What is left at the end: an unfinished character becomes U+FFFD.
  std::string finish();

 private:
  const model::Tokenizer& tokenizer_;
  std::string held_;
};

}  // namespace laconic::cli
