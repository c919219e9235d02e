#include "model/jinja/loop.h"

namespace laconic::model::jinja {

Value Loop::member(std::string_view name) const {
  const auto number = [](std::size_t value) { return Value(static_cast<std::int64_t>(value)); };
  const std::size_t length = items->size();
  if (name == "index0") return number(index0);
  if (name == "index") return number(index0 + 1);
  if (name == "revindex0") return number(length - index0 - 1);
  if (name == "revindex") return number(length - index0);
  if (name == "first") return index0 == 0;
  if (name == "last") return index0 + 1 == length;
  if (name == "length") return number(length);
  if (name == "depth0") return std::int64_t{0};  // of recursive loops, which there are none of
  if (name == "depth") return std::int64_t{1};
  if (name == "previtem" && index0 > 0) return (*items)[index0 - 1];
  if (name == "nextitem" && index0 + 1 < length) return (*items)[index0 + 1];
  return Undefined{std::string(name)};
}

}  // namespace laconic::model::jinja
