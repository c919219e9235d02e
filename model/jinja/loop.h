// The `loop` variable of a for statement.
#pragma once

#include <string_view>
#include <vector>

#include "model/jinja/value.h"

namespace laconic::model::jinja {

struct Loop {
  const std::vector<Value>* items = nullptr;
  std::size_t index0 = 0;

  Value member(std::string_view name) const;  // index, first, …; undefined where there is none of the name
};

}  // namespace laconic::model::jinja
