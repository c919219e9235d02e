// A template of the Jinja subset that chat templates are written in, rendered as transformers renders it
// (jinja2's sandbox with trim_blocks, lstrip_blocks and loop controls). docs/chat.md lists the subset.
#pragma once

#include <memory>
#include <string_view>

#include "model/jinja/evaluator.h"

namespace laconic::model::jinja {

// Immutable, cheap to copy, safe to share between threads.
class Template {
 public:
  // Throws Error with line and column for what the grammar lacks. Filters, tests and functions that are
  // lacking are found when a rendering comes to them: most templates have branches that chats never take.
  explicit Template(std::string_view source);
  MarkedText render(const Variables& variables) const;

 private:
  std::shared_ptr<const Block> block_;
};

}  // namespace laconic::model::jinja
