#include "verifiers/code/language.h"

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <toml.hpp>

#include "base/error.h"
#include "base/file.h"
#include "verifiers/code/embedded.h"

namespace laconic::verifiers::code {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// Reads the keys of one table; an unknown one is refused with the nearest valid name.
class Table {
 public:
  Table(const toml::value& value, std::string where) : value_(value), where_(std::move(where)) {
    if (!value.is_table()) throw Error("a table is expected", where_);
  }

  template <class T>
  void read(const std::string& key, T& field) {
    known_.push_back(key);
    if (!value_.contains(key)) return;
    try {
      field = toml::find<T>(value_, key);
    } catch (const std::exception&) {
      throw Error("\"" + key + "\" has a value of the wrong type", where_);
    }
  }
  const toml::value* nested(const std::string& key) {
    known_.push_back(key);
    return value_.contains(key) ? &value_.at(key) : nullptr;
  }
  void refuse_unknown() const {
    for (const auto& [key, value] : value_.as_table()) {
      if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
      const std::string near = nearest_name(key, known_);
      throw Error("a language has no key \"" + key + "\"", where_, near.empty() ? "" : "did you mean \"" + near + "\"?");
    }
  }

 private:
  const toml::value& value_;
  std::string where_;
  std::vector<std::string> known_;
};

bool is_file_name(const std::string& name) { return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos; }

void check(const Language& language, const std::string& where) {
  const auto need = [&](bool holds, const std::string& what) {
    if (!holds) throw Error(what, where);
  };
  need(!language.name.empty(), "a language needs a `name`");
  need(is_file_name(language.source), "`source` must be a plain file name, not \"" + language.source + "\"");
  need(language.python != !language.run.empty(), "a language has either `run` or interpreter = \"python\"");
  need(language.compile.empty() || is_file_name(language.binary), "with `compile` goes `binary`, the file that it leaves");
  need(language.compile.empty() || language.compile[0][0] == '/', "`compile` begins with an absolute path, not \"" + (language.compile.empty() ? "" : language.compile[0]) + "\"");
  need(language.python || language.run[0][0] == '/', "`run` begins with an absolute path");
  need(language.time_factor > 0, "`time_factor` must be above 0");
  need(language.precompiled_header.empty() == language.precompile.empty(), "[precompiled] needs `header` and `command`");
}

Language parse(std::string_view text, const std::string& where) {
  std::istringstream stream{std::string(text)};
  toml::value root;
  try {
    root = toml::parse(stream, where);
  } catch (const std::exception& error) {
    throw Error(std::string("not valid TOML: ") + error.what(), where);
  }
  Language language;
  std::string interpreter;
  Table table(root, where);
  table.read("name", language.name);
  table.read("aliases", language.aliases);
  table.read("tags", language.tags);
  table.read("source", language.source);
  table.read("interpreter", interpreter);
  table.read("compile", language.compile);
  table.read("binary", language.binary);
  table.read("run", language.run);
  table.read("paths", language.paths);
  table.read("time_factor", language.time_factor);
  table.read("processes", language.processes);
  table.read("prelude", language.prelude);
  if (const toml::value* nested = table.nested("precompiled")) {
    Table precompiled(*nested, where);
    precompiled.read("header", language.precompiled_header);
    precompiled.read("command", language.precompile);
    precompiled.read("for", language.precompiled_for);
    precompiled.refuse_unknown();
  }
  if (const toml::value* nested = table.nested("library")) {
    if (!nested->is_array()) throw Error("libraries are written as [[library]]", where);
    for (const toml::value& row : nested->as_array()) {
      Table library(row, where);
      std::pair<std::string, std::vector<std::string>> entry;
      library.read("header", entry.first);
      library.read("link", entry.second);
      library.refuse_unknown();
      language.libraries.push_back(std::move(entry));
    }
  }
  table.refuse_unknown();
  if (!interpreter.empty() && interpreter != "python") throw Error("the one interpreter is \"python\", not \"" + interpreter + "\"", where);
  language.python = interpreter == "python";
  check(language, where);
  return language;
}

}  // namespace

std::vector<Language> load_languages(const std::string& folder) {
  std::vector<Language> languages;
  for (const std::string_view name : embedded_names("languages/")) languages.push_back(parse(embedded_file(name), std::string(name)));
  if (folder.empty()) return languages;
  if (!fs::is_directory(folder)) throw Error("\"" + folder + "\" is no folder", "verifier.code.languages");
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".toml") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) {
    Language language = parse(read_file(file), file.string());
    std::erase_if(languages, [&](const Language& other) { return other.name == language.name; });
    languages.push_back(std::move(language));
  }
  return languages;
}

const Language* find_language(const std::vector<Language>& languages, std::string_view name) {
  const std::string wanted = lower(name);
  for (const Language& language : languages)
    if (lower(language.name) == wanted) return &language;
  // A user's language comes later and may take over an alias.
  for (auto language = languages.rbegin(); language != languages.rend(); ++language)
    for (const std::string& alias : language->aliases)
      if (lower(alias) == wanted) return &*language;
  return nullptr;
}

}  // namespace laconic::verifiers::code
