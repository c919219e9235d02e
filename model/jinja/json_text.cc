#include <algorithm>

#include <fmt/format.h>

#include "model/jinja/library.h"

namespace laconic::model::jinja {
namespace {

class Writer {
 public:
  Writer(const Call& call, std::int64_t indent, bool sort_keys) : call_(call), indent_(std::min<std::int64_t>(indent, 16)), sort_keys_(sort_keys) {}

  void write(const Value& value, int depth) {
    call_.budget.step(call_.at);
    if (const MarkedText* text = value.text()) return string(*text);
    if (value.is_none()) return out.append("null");
    if (value.is<bool>()) return out.append(value.integer() ? "true" : "false");
    if (value.is_number()) {
      MarkedText number;
      plain_text(value, number);
      return out.append(number);
    }
    if (const List* list = value.list(); list && !list->generator) {
      return items('[', ']', list->items.size(), depth, [&](std::size_t i) { write(list->items[i], depth + 1); });
    }
    if (const Dict* dict = value.dict()) {
      std::vector<const std::pair<Value, Value>*> members;
      for (const auto& member : dict->items) members.push_back(&member);
      if (sort_keys_) std::stable_sort(members.begin(), members.end(), [&](const auto* a, const auto* b) { return less(call_, a->first, b->first); });
      return items('{', '}', members.size(), depth, [&](std::size_t i) {
        if (!members[i]->first.is_text()) call_.fail(fmt::format("wants texts as keys, not {}", members[i]->first.type_name()));
        string(*members[i]->first.text());
        out.append(": ");
        write(members[i]->second, depth + 1);
      });
    }
    call_.fail(fmt::format("cannot write a value of type {} as JSON", value.type_name()));
  }

  MarkedText out;

 private:
  template <class Item>
  void items(char open, char close, std::size_t count, int depth, Item&& item) {
    out.append(std::string_view(&open, 1));
    for (std::size_t i = 0; i < count; ++i) {
      if (i > 0) out.append(indent_ < 0 ? ", " : ",");
      break_line(depth + 1);
      item(i);
    }
    if (count > 0) break_line(depth);
    out.append(std::string_view(&close, 1));
  }

  void break_line(int depth) {
    if (indent_ < 0) return;
    const std::string line = "\n" + std::string(static_cast<std::size_t>(indent_) * static_cast<std::size_t>(depth), ' ');
    call_.budget.grow(call_.at, line.size());
    out.append(line);
  }

  void string(const MarkedText& text) {
    call_.budget.grow(call_.at, text.size() + 2);
    out.append("\"");
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text.bytes[i];
      static constexpr std::string_view kRaw = "\"\\\n\r\t\b\f", kNames = "\"\\nrtbf";
      if (const std::size_t known = kRaw.find(c); known != std::string_view::npos) {
        const char escape[2] = {'\\', kNames[known]};
        out.append(std::string_view(escape, 2), text.origin(i));
      } else if (static_cast<unsigned char>(c) < 0x20) {
        out.append(fmt::format("\\u{:04x}", static_cast<unsigned>(c)), text.origin(i));
      } else {
        out.append(std::string_view(&c, 1), text.origin(i));
      }
    }
    out.append("\"");
  }

  const Call& call_;
  const std::int64_t indent_;
  const bool sort_keys_;
};

}  // namespace

MarkedText json_text(const Call& call, const Value& value, std::int64_t indent, bool sort_keys) {
  Writer writer(call, indent, sort_keys);
  writer.write(value, 0);
  return std::move(writer.out);
}

}  // namespace laconic::model::jinja
