// Ends a text before the first of some given texts, across the borders of the pieces it comes in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace laconic::cli {

class StopText {
 public:
  // None of them empty; no stop texts: nothing ends.
  explicit StopText(std::vector<std::string> stops) : stops_(std::move(stops)) {}

  // The part of what came that no stop text can reach any more; what might be the beginning of one is held
  // back. Nothing after a stop text comes out.
  std::string add(std::string_view piece);
  std::string finish();  // what was held back, when the text ends by itself

  bool stopped() const { return !found_.empty(); }
  const std::string& found() const { return found_; }  // the one that ended the text; empty: none did

 private:
  std::vector<std::string> stops_;
  std::string held_, found_;
};

}  // namespace laconic::cli
