#include "model/jinja/template.h"

#include <fmt/format.h>

#include "base/error.h"
#include "model/jinja/parser.h"

namespace laconic::model::jinja {
namespace {

constexpr std::size_t kMaxSource = std::size_t{1} << 20;
constexpr std::int64_t kSteps = 4'000'000, kBytes = std::int64_t{64} << 20;
constexpr std::int64_t kBytesPerInput = 64;  // text is copied a few times on its way through a template

std::int64_t size_of(const Value& value) {
  std::int64_t size = 0;
  if (const MarkedText* text = value.text()) size += static_cast<std::int64_t>(text->size());
  if (const List* list = value.list())
    for (const Value& item : list->items) size += size_of(item);
  if (const Dict* dict = value.dict())
    for (const auto& [key, held] : dict->items) size += size_of(key) + size_of(held);
  return size;
}

}  // namespace

Template::Template(std::string_view source) {
  if (source.size() > kMaxSource) throw Error(fmt::format("the chat template has {} bytes; the most is {}", source.size(), kMaxSource));
  block_ = std::make_shared<const Block>(parse(source));
}

MarkedText Template::render(const Variables& variables) const {
  std::int64_t input = 0;
  for (const auto& [name, value] : variables) input += size_of(value);
  return evaluate(*block_, variables, Budget(kSteps + input, kBytes + kBytesPerInput * input));
}

}  // namespace laconic::model::jinja
