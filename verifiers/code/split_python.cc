#include "verifiers/code/split_python.h"

#include <algorithm>
#include <set>

namespace laconic::verifiers::code {
namespace {

// Names that belong to the language: no answer has to define them.
constexpr std::string_view kKeywords[] = {
    "False", "None",   "True",    "and",  "as",   "assert", "async",  "await",    "break", "class",  "continue", "def",
    "del",   "elif",   "else",    "except", "finally", "for", "from",  "global",   "if",    "import", "in",       "is",
    "lambda", "nonlocal", "not",  "or",   "pass", "raise",  "return", "try",      "while", "with",   "yield"};

constexpr std::string_view kBuiltins[] = {
    "ArithmeticError", "AssertionError", "AttributeError", "BaseException", "Exception", "FloatingPointError", "ImportError", "IndexError",
    "KeyError", "LookupError", "MemoryError", "NameError", "NotImplemented", "NotImplementedError", "OSError", "OverflowError",
    "RecursionError", "RuntimeError", "StopIteration", "SyntaxError", "SystemExit", "TypeError", "UnicodeError", "ValueError",
    "ZeroDivisionError", "Ellipsis", "abs", "all", "any", "ascii", "bin", "bool", "bytearray", "bytes", "callable", "chr", "classmethod",
    "compile", "complex", "delattr", "dict", "dir", "divmod", "enumerate", "eval", "exec", "filter", "float", "format", "frozenset",
    "getattr", "globals", "hasattr", "hash", "hex", "id", "input", "int", "isinstance", "issubclass", "iter", "len", "list", "locals",
    "map", "max", "memoryview", "min", "next", "object", "oct", "open", "ord", "pow", "print", "property", "range", "repr", "reversed",
    "round", "set", "setattr", "slice", "sorted", "staticmethod", "str", "sum", "super", "tuple", "type", "vars", "zip", "__name__"};

template <class Table>
bool contains(const Table& table, std::string_view word) {
  return std::find(std::begin(table), std::end(table), word) != std::end(table);
}

bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}

struct Token {
  enum class Kind { kName, kNumber, kString, kOperator, kLineEnd } kind;
  std::string_view text;
  int depth;  // open brackets around it
};

// Enough of Python's lexical rules to tell names from the rest; linear in the length.
std::vector<Token> tokens_of(std::string_view text) {
  using Kind = Token::Kind;
  std::vector<Token> tokens;
  int depth = 0;
  std::size_t at = 0;
  const auto string_end = [&](std::size_t quote) {
    const char mark = text[quote];
    const bool triple = text.substr(quote, 3) == std::string(3, mark);
    for (std::size_t i = quote + (triple ? 3 : 1); i < text.size(); ++i) {
      if (text[i] == '\\') ++i;
      else if (triple ? text.substr(i, 3) == std::string(3, mark) : text[i] == mark) return i + (triple ? 3 : 1);
      else if (!triple && text[i] == '\n') return i;
    }
    return text.size();
  };
  while (at < text.size()) {
    const char c = text[at];
    const std::size_t start = at;
    if (c == '\n') {
      ++at;
      if (depth == 0) tokens.push_back({Kind::kLineEnd, {}, 0});
    } else if (c == '\\' || c == ' ' || c == '\t' || c == '\r' || c == '\f') {
      at += c == '\\' && text.substr(at + 1, 1) == "\n" ? 2 : 1;
    } else if (c == '#') {
      at = std::min(text.find('\n', at), text.size());
    } else if (c == '"' || c == '\'') {
      at = string_end(at);
      tokens.push_back({Kind::kString, text.substr(start, at - start), depth});
    } else if (c >= '0' && c <= '9') {
      while (at < text.size() && (is_name_byte(text[at]) || text[at] == '.')) ++at;
      tokens.push_back({Kind::kNumber, text.substr(start, at - start), depth});
    } else if (is_name_byte(c)) {
      while (at < text.size() && is_name_byte(text[at])) ++at;
      const bool prefix = at < text.size() && (text[at] == '"' || text[at] == '\'') && at - start <= 2;  // rb"…", f'…'
      if (prefix) at = string_end(at);
      tokens.push_back({prefix ? Kind::kString : Kind::kName, text.substr(start, at - start), depth});
    } else {
      if (c == ')' || c == ']' || c == '}') depth = std::max(0, depth - 1);
      const std::string_view two = text.substr(at, 2);
      at += two == "==" || two == "!=" || two == "<=" || two == ">=" || two == ":=" || two == "->" ? 2 : 1;
      tokens.push_back({c == ';' && depth == 0 ? Kind::kLineEnd : Kind::kOperator, text.substr(start, at - start), depth});
      if (c == '(' || c == '[' || c == '{') ++depth;
    }
  }
  tokens.push_back({Kind::kLineEnd, {}, 0});
  return tokens;
}

class Names {
 public:
  explicit Names(std::string_view text) : tokens_(tokens_of(text)) {}

  void bound_into(std::set<std::string_view>& bound) const {
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      if (is(i, "def") || is(i, "class")) {
        bound.insert(tokens_[i + 1].text);
        if (is(i, "def") && is(i + 2, "(")) bind_until(i + 2, ")", tokens_[i + 2].depth, bound);
      } else if (is(i, "lambda")) {
        bind_until(i, ":", tokens_[i].depth, bound);
      } else if (is(i, "for")) {
        bind_until(i, "in", tokens_[i].depth, bound);
      } else if (is(i, "import") || is(i, "from") || is(i, "global")) {
        for (std::size_t k = i + 1; tokens_[k].kind != Token::Kind::kLineEnd; ++k) bind(k, bound);
      } else if (is(i, "as")) {
        bind(i + 1, bound);
      } else if (is(i, ":=") && i > 0) {
        bind(i - 1, bound);
      } else if (is(i, "=") && tokens_[i].depth == 0) {
        for (std::size_t k = i; k-- > 0 && tokens_[k].kind != Token::Kind::kLineEnd;)
          if (!is(k + 1, ".") && !is(k + 1, "(") && !is(k + 1, "[")) bind(k, bound);
      }
    }
  }

  struct Uses {
    std::vector<std::string> called, dotted, bare;  // each name once, in order of appearance
    std::string first_call;                         // of any name, built-in ones too
  };

  Uses uses(const std::set<std::string_view>& bound) const {
    Uses found;
    for (std::size_t i = 0; i < tokens_.size(); ++i) {
      const Token& token = tokens_[i];
      if (token.kind != Token::Kind::kName || contains(kKeywords, token.text)) continue;
      if (i > 0 && (is(i - 1, ".") || is(i - 1, "def") || is(i - 1, "class"))) continue;
      if (is(i + 1, "=") && token.depth > 0) continue;  // a keyword of a call
      if (is(i + 1, "(") && found.first_call.empty()) found.first_call = token.text;
      if (bound.count(token.text) != 0 || contains(kBuiltins, token.text)) continue;
      auto& list = is(i + 1, "(") ? found.called : is(i + 1, ".") ? found.dotted : found.bare;
      if (!contains(list, token.text)) list.emplace_back(token.text);
    }
    return found;
  }

 private:
  bool is(std::size_t i, std::string_view text) const {
    return i < tokens_.size() && tokens_[i].text == text && tokens_[i].kind != Token::Kind::kString;
  }

  void bind(std::size_t i, std::set<std::string_view>& bound) const {
    if (i < tokens_.size() && tokens_[i].kind == Token::Kind::kName && (i == 0 || !is(i - 1, ".")) && !contains(kKeywords, tokens_[i].text))
      bound.insert(tokens_[i].text);
  }

  void bind_until(std::size_t i, std::string_view last, int depth, std::set<std::string_view>& bound) const {
    for (++i; i < tokens_.size() && !(is(i, last) && tokens_[i].depth <= depth); ++i) bind(i, bound);
  }

  std::vector<Token> tokens_;
};

std::string listed(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

}  // namespace

PythonTest read_python_test(std::string_view setup, std::string_view test) {
  const Names in_setup(setup), in_test(test);
  std::set<std::string_view> bound;
  in_setup.bound_into(bound);
  const Names::Uses by_setup = in_setup.uses(bound);
  in_test.bound_into(bound);
  const Names::Uses by_test = in_test.uses(bound);

  PythonTest read;
  read.modules = by_test.dotted;
  for (const std::string& name : by_setup.dotted)
    if (!contains(read.modules, name)) read.modules.push_back(name);
  read.entries = by_test.called;
  for (const std::string& name : by_test.bare)
    if (!contains(read.entries, name)) read.entries.push_back(name);
  // `f(x).y` and `f` alone: a name that is called as well is no module.
  std::erase_if(read.modules, [&](const std::string& name) { return contains(read.entries, name); });

  std::vector<std::string> wanted = by_setup.called;
  wanted.insert(wanted.end(), by_setup.bare.begin(), by_setup.bare.end());
  if (!wanted.empty()) {
    read.problem = "the test's set-up uses " + listed(wanted) + ", which only the answer defines";
  } else if (read.entries.size() > 1) {
    read.problem = "the test uses several names of the answer: " + listed(read.entries);
  } else if (read.entries.empty()) {
    // A function under test may be named like a built-in one: then it is the first that is called.
    if (by_test.first_call.empty()) read.problem = "the test calls no function";
    else read.entries.push_back(by_test.first_call);
  }
  return read;
}

}  // namespace laconic::verifiers::code
