#include "verifiers/code/split_cpp.h"

#include <algorithm>
#include <cctype>

#include "verifiers/code/embedded.h"

namespace laconic::verifiers::code {
namespace {

// Words that a type may be made of and still be plain data.
constexpr std::string_view kPlainWords[] = {
    "std", "const", "bool", "char", "short", "int", "long", "signed", "unsigned", "float", "double", "size_t", "int8_t", "int16_t",
    "int32_t", "int64_t", "uint8_t", "uint16_t", "uint32_t", "uint64_t", "string", "vector", "deque", "list", "array", "map",
    "unordered_map", "set", "unordered_set", "pair", "tuple"};

// Words whose meaning our main() behind the answer rests on; an answer may have made macros of them.
constexpr std::string_view kOurWords[] = {"main", "int", "return", "auto", "laconic_box", "serve"};

bool is_word_byte(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

std::string_view stripped(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.remove_suffix(1);
  return text;
}

// The last declaration outside of all braces, and where it begins. Comments are left out of it.
struct LastDeclaration {
  std::string text;
  std::size_t begin = 0;
};

LastDeclaration last_declaration(std::string_view source) {
  LastDeclaration last, current;
  int depth = 0;
  bool line_start = true;
  const auto add = [&](std::size_t at, std::string_view piece) {
    if (depth != 0) return;
    if (stripped(current.text).empty()) {
      current.text.clear();
      current.begin = at;
    }
    current.text += piece;
  };
  for (std::size_t at = 0; at < source.size();) {
    const char c = source[at];
    if (c == '#' && line_start) {  // a directive, with its continued lines
      do at = std::min(source.find('\n', at) + 1, source.size());
      while (at >= 2 && at < source.size() && source[at - 2] == '\\');
      if (at == 0) at = source.size();
      current = {};
      continue;
    }
    if (source.substr(at, 2) == "//") {
      at = std::min(source.find('\n', at), source.size());
      continue;
    }
    if (source.substr(at, 2) == "/*") {
      const std::size_t end = source.find("*/", at + 2);
      at = end == std::string_view::npos ? source.size() : end + 2;
      add(at, " ");
      continue;
    }
    line_start = c == '\n' || (line_start && std::isspace(static_cast<unsigned char>(c)) != 0);
    if (c == '"' || c == '\'') {
      const std::size_t start = at++;
      while (at < source.size() && source[at] != c && source[at] != '\n') at += source[at] == '\\' ? 2 : 1;
      at = std::min(at + 1, source.size());
      add(start, source.substr(start, at - start));
      continue;
    }
    if (c == '{') {
      if (depth++ == 0) {
        last = std::move(current);
        current = {};
      }
    } else if (c == '}') {
      depth = std::max(0, depth - 1);
    } else if (c == ';' && depth == 0) {
      if (!stripped(current.text).empty()) last = std::move(current);
      current = {};
    } else {
      add(at, source.substr(at, 1));
    }
    ++at;
  }
  return stripped(current.text).empty() ? last : current;
}

std::string unknown_word(std::string_view type) {
  for (std::size_t at = 0; at < type.size();) {
    if (!is_word_byte(type[at])) {
      ++at;
      continue;
    }
    const std::size_t start = at;
    while (at < type.size() && is_word_byte(type[at])) ++at;
    const std::string_view word = type.substr(start, at - start);
    if (std::isdigit(static_cast<unsigned char>(word.front())) == 0 && std::find(std::begin(kPlainWords), std::end(kPlainWords), word) == std::end(kPlainWords))
      return std::string(word);
  }
  return {};
}

std::string type_problem(std::string_view type) {
  if (stripped(type).empty()) return "a type is missing";
  if (const std::string word = unknown_word(type); !word.empty()) return "the type " + word + " is no plain data";
  const bool is_const = type.substr(0, 6) == "const " || type.find(" const") != std::string_view::npos;
  if (type.find('*') != std::string_view::npos || type.find("&&") != std::string_view::npos || (type.find('&') != std::string_view::npos && !is_const))
    return "\"" + std::string(type) + "\" gives the function access to the test's own variable";
  if (type.find_first_of("()[]") != std::string_view::npos) return "\"" + std::string(type) + "\" is no plain type";
  return {};
}

std::vector<std::string_view> split_list(std::string_view text) {
  std::vector<std::string_view> parts;
  int depth = 0;
  std::size_t start = 0;
  bool quoted = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '"' && (at == 0 || text[at - 1] != '\\')) quoted = !quoted;
    if (quoted) continue;
    if (text[at] == '<' || text[at] == '(' || text[at] == '{') ++depth;
    if (text[at] == '>' || text[at] == ')' || text[at] == '}') --depth;
    if (text[at] == ',' && depth == 0) {
      parts.push_back(text.substr(start, at - start));
      start = at + 1;
    }
  }
  if (!stripped(text.substr(start)).empty() || !parts.empty()) parts.push_back(text.substr(start));
  return parts;
}

// "vector<int> a = {}" → type, name
CppParameter parameter_of(std::string_view text) {
  text = stripped(text.substr(0, text.find('=')));
  std::size_t start = text.size();
  while (start > 0 && is_word_byte(text[start - 1])) --start;
  return {std::string(stripped(text.substr(0, start))), std::string(text.substr(start))};
}

// The lines "#include …" of a text.
std::string includes_of(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = stripped(text.substr(0, end));
    if (line.substr(0, 8) == "#include") out.append(line).append("\n");
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string embedded(std::string_view name) { return std::string(embedded_file(name)) + "\n"; }

}  // namespace

CppSignature read_cpp_signature(std::string_view prompt) {
  CppSignature signature;
  const auto refuse = [&](std::string why) {
    signature.problem = std::move(why);
    return signature;
  };
  const LastDeclaration declaration = last_declaration(prompt);
  const std::string_view text = stripped(declaration.text);
  const std::size_t open = text.find('('), shut = text.rfind(')');
  if (open == std::string_view::npos || shut == std::string_view::npos || shut < open) return refuse("the prompt declares no function");
  if (!stripped(text.substr(shut + 1)).empty()) return refuse("\"" + std::string(text) + "\" is no plain function");

  std::string_view head = stripped(text.substr(0, open));
  std::size_t name = head.size();
  while (name > 0 && is_word_byte(head[name - 1])) --name;
  signature.name = head.substr(name);
  signature.result = stripped(head.substr(0, name));
  signature.prelude = prompt.substr(0, declaration.begin);
  signature.parameters_text = stripped(text.substr(open + 1, shut - open - 1));
  if (signature.name.empty() || signature.result.empty()) return refuse("\"" + std::string(text) + "\" is no plain function");
  if (const std::string why = type_problem(signature.result); !why.empty()) return refuse("result: " + why);
  if (signature.result.find('&') != std::string::npos) return refuse("result: a reference");
  for (const std::string_view part : split_list(signature.parameters_text)) {
    CppParameter parameter = parameter_of(part);
    if (parameter.name.empty() || parameter.type.empty()) return refuse("parameter \"" + std::string(stripped(part)) + "\" has no name");
    if (const std::string why = type_problem(parameter.type); !why.empty()) return refuse("parameter " + parameter.name + ": " + why);
    signature.parameters.push_back(std::move(parameter));
  }
  return signature;
}

std::string trusted_cpp(const CppSignature& signature, std::string_view declaration, std::string_view test) {
  std::string names;
  for (const CppParameter& parameter : signature.parameters) names += ", " + parameter.name;
  return embedded("drivers/assert_cpp_values.h") + embedded("drivers/assert_cpp_trusted.h") + includes_of(declaration) + signature.prelude + "\n" +
         signature.result + " " + signature.name + "(" + signature.parameters_text + ") {\n  return laconic_box::call<" + signature.result + ">(\"" +
         signature.name + "\"" + names + ");\n}\n#line 1 \"test.cc\"\n" + std::string(test) + "\n";
}

std::string answer_cpp(const CppSignature& signature, std::string_view answer) {
  std::string types, undefine;
  for (const CppParameter& parameter : signature.parameters) types += ", " + parameter.type;
  for (const std::string_view word : kOurWords) undefine += "#undef " + std::string(word) + "\n";
  // An answer may bring a main() of its own to show its function: it stays, under another name.
  return embedded("drivers/assert_cpp_values.h") + embedded("drivers/assert_cpp_answer.h") + "#define main laconic_unused_main\n#line 1 \"answer.cc\"\n" +
         std::string(answer) + "\n" + undefine + "int main() {\n  return laconic_box::serve<" + signature.result + types + ">(\"" + signature.name +
         "\", [](auto&... a) -> " + signature.result + " { return " + signature.name + "(a...); });\n}\n";
}

std::string weak_cpp(std::string_view answer, std::string_view test) {
  return embedded("drivers/assert_cpp_values.h") + embedded("drivers/assert_cpp_trusted.h") + "#line 1 \"answer.cc\"\n" + std::string(answer) +
         "\n#line 1 \"test.cc\"\n" + std::string(test) + "\n";
}

}  // namespace laconic::verifiers::code
