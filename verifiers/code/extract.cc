#include "verifiers/code/extract.h"

#include <algorithm>
#include <vector>

namespace laconic::verifiers::code {
namespace {

struct Fence {
  char mark = 0;            // '`' or '~'; 0: the line is no fence
  std::size_t length = 0, indent = 0;
  std::string_view info;    // what follows the marks, trimmed
};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  const std::size_t first = text.find_first_not_of(kBlanks);
  return first == std::string_view::npos ? std::string_view() : text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

Fence fence_of(std::string_view line) {
  Fence fence;
  fence.indent = std::min(line.find_first_not_of(" \t"), line.size());
  line.remove_prefix(fence.indent);
  if (line.empty() || (line[0] != '`' && line[0] != '~')) return {};
  fence.length = std::min(line.find_first_not_of(line[0]), line.size());
  if (fence.length < 3) return {};
  fence.mark = line[0];
  fence.info = line.substr(fence.length);
  // Special tokens stand in the response as text: a response often ends with "```<｜end▁of▁sentence｜>".
  for (const std::string_view special : {std::string_view("<|"), std::string_view("<｜")}) fence.info = fence.info.substr(0, fence.info.find(special));
  fence.info = trimmed(fence.info);
  // ```x``` on one line is inline code.
  return fence.mark == '`' && fence.info.find('`') != std::string_view::npos ? Fence{} : fence;
}

bool tag_fits(std::string_view info, const Language& language) {
  std::string tag(info.substr(0, std::min(info.find_first_of(" \t,{:"), info.size())));
  if (tag.empty() && !info.empty()) return false;
  for (char& c : tag)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return tag.empty() || tag == language.name || std::find(language.tags.begin(), language.tags.end(), tag) != language.tags.end();
}

// Calls visit(line) for each line, without its line break.
template <class Visit>
void each_line(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    visit(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::string without_indent(std::string_view block, std::size_t indent) {
  if (indent == 0) return std::string(block);
  std::string out;
  each_line(block, [&](std::string_view line) {
    const std::size_t blanks = std::min(line.find_first_not_of(" \t"), line.size());
    out += line.substr(std::min(blanks, indent));
    out += '\n';
  });
  return out;
}

std::string indented(std::string_view block, std::string_view by) {
  std::string out;
  each_line(block, [&](std::string_view line) {
    if (!trimmed(line).empty()) out += by;
    out += line;
    out += '\n';
  });
  return out;
}

bool is_word(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

// Where a line at the outermost level begins to define `name`, or npos.
std::size_t python_definition(std::string_view code, std::string_view name) {
  std::size_t at = 0, found = std::string_view::npos;
  each_line(code, [&](std::string_view line) {
    const std::size_t begin = at;
    at += line.size() + 1;
    for (const std::string_view keyword : {"async def ", "def "}) {
      if (line.substr(0, keyword.size()) != keyword) continue;
      line = trimmed(line.substr(keyword.size()));
      if (line.substr(0, name.size()) == name && (line.size() == name.size() || !is_word(line[name.size()]))) found = std::min(found, begin);
      return;
    }
  });
  return found;
}

std::string python_program(const CodeTask& task, const std::string& code) {
  const std::size_t stub = python_definition(task.header, task.entry_point);
  if (python_definition(code, task.entry_point) != std::string::npos || stub == std::string::npos) {
    return task.header.substr(0, std::min(stub, task.header.size())) + "\n" + code;
  }
  // A completion. One whose own indentation was lost is put back under the function.
  const std::size_t first = code.find_first_not_of(" \t\r\n");
  const bool flush = first != std::string::npos && (first == 0 || code[first - 1] == '\n');
  return task.header + (flush ? indented(code, "    ") : code);
}

// The code with literals and comments blanked, byte for byte in place.
std::string bare(std::string_view code) {
  std::string out(code);
  const auto blank = [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < std::min(end, out.size()); ++i)
      if (out[i] != '\n') out[i] = ' ';
    return std::min(end, out.size());
  };
  for (std::size_t i = 0; i < code.size();) {
    const char c = code[i];
    if (code.substr(i, 2) == "//") {
      i = blank(i, code.find('\n', i));
    } else if (code.substr(i, 2) == "/*") {
      const std::size_t end = code.find("*/", i + 2);
      i = blank(i, end == std::string_view::npos ? end : end + 2);
    } else if (c == '"' || (c == '\'' && (i == 0 || !is_word(code[i - 1])))) {  // 1'000 has no character literal
      std::size_t end = i + 1;
      while (end < code.size() && code[end] != c && code[end] != '\n') end += code[end] == '\\' ? 2 : 1;
      i = blank(i, end + 1);
    } else {
      ++i;
    }
  }
  return out;
}

// Closing braces minus opening ones: a completion closes the function that the header opened, a
// whole function closes what it opens.
int brace_surplus(std::string_view code) {
  const std::string text = bare(code);
  return static_cast<int>(std::count(text.begin(), text.end(), '}') - std::count(text.begin(), text.end(), '{'));
}

struct Definition {
  std::string name;
  std::size_t line;  // where the line with its name begins
};

// The functions that begin at the outermost level: "name ( … ) {".
std::vector<Definition> cpp_definitions(std::string_view code) {
  const std::string text = bare(code);
  std::vector<Definition> found;
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '}') --depth;
    if (text[i] != '{' || depth++ != 0) continue;
    std::size_t at = text.find_last_not_of(" \t\r\n", i == 0 ? 0 : i - 1);
    if (at == std::string::npos || text[at] != ')') continue;
    int parentheses = 0;
    for (;; --at) {
      if (text[at] == ')') ++parentheses;
      if (text[at] == '(' && --parentheses == 0) break;
      if (at == 0) break;
    }
    const std::size_t end = at == 0 ? std::string::npos : text.find_last_not_of(" \t\r\n", at - 1);
    if (end == std::string::npos) continue;
    std::size_t begin = end + 1;
    while (begin > 0 && is_word(text[begin - 1])) --begin;
    const std::size_t line = text.rfind('\n', begin);
    found.push_back({text.substr(begin, end + 1 - begin), line == std::string::npos ? 0 : line + 1});
  }
  return found;
}

// A whole function gets what stands before the header's own: of it only the preprocessor and using
// lines when the answer repeats a helper.
std::string cpp_program(const CodeTask& task, const std::string& code) {
  if (brace_surplus(code) > 0) return task.header + code;
  std::vector<Definition> helpers = cpp_definitions(task.header);
  if (helpers.empty()) return code;
  const std::string_view prelude = std::string_view(task.header).substr(0, helpers.back().line);
  helpers.pop_back();
  const std::vector<Definition> own = cpp_definitions(code);
  const bool repeated = std::any_of(helpers.begin(), helpers.end(), [&](const Definition& helper) {
    return std::any_of(own.begin(), own.end(), [&](const Definition& definition) { return definition.name == helper.name; });
  });
  if (!repeated) return std::string(prelude) + code;
  std::string kept;
  each_line(prelude, [&](std::string_view line) {
    const std::string_view text = trimmed(line);
    if (text.substr(0, 1) == "#" || text.substr(0, 6) == "using ") kept += std::string(line) + "\n";
  });
  return kept + code;
}

}  // namespace

std::optional<std::string> last_program(std::string_view text, const Language& language) {
  std::optional<std::string> program;
  Fence open;
  std::size_t content = 0, at = 0;
  each_line(text, [&](std::string_view line) {
    const std::size_t begin = at;
    at += line.size() + 1;
    const Fence fence = fence_of(line);
    if (fence.mark == 0) return;
    if (open.mark == 0) {
      open = fence;
      content = std::min(at, text.size());
    } else if (fence.mark == open.mark && fence.length >= open.length && fence.info.empty()) {
      if (tag_fits(open.info, language)) program = without_indent(text.substr(content, begin - content), open.indent);
      open = {};
    }
  });
  return program;
}

std::string whole_program(const CodeTask& task, std::string code) {
  if (task.header.empty()) return code;
  return task.kind == TestKind::kAssert && task.assertions.shape == AssertShape::kHumanEvalX ? cpp_program(task, code) : python_program(task, code);
}

}  // namespace laconic::verifiers::code
