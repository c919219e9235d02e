#include "cli/verify_new.h"

#include "base/file.h"
#include "cli/command.h"
#include "verifiers/custom/embedded.h"

namespace laconic::cli {
namespace {

std::string filled_in(std::string text, const std::string& name) {
  constexpr std::string_view kHole = "@NAME@";
  for (std::size_t at = 0; (at = text.find(kHole, at)) != std::string::npos; at += name.size()) text.replace(at, kHole.size(), name);
  return text;
}

}  // namespace

std::vector<std::string> write_verifier_scaffold(const std::string& name, const std::string& language) {
  // It stands in commands, TOML strings and comments.
  if (name.empty() || name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./") != std::string::npos || name[0] == '-')
    throw UsageError("`" + name + "` is no name for a verifier", "command line", "letters, digits, `_`, `-` and `.`, with folders before it if need be");
  if (fs::exists(name)) throw UsageError("`" + name + "` is there already", "command line", "choose another name, or remove it first");
  std::vector<std::string> written;
  const std::string prefix = "scaffold/" + language + "/";
  fs::create_directories(name);
  const auto write = [&](std::string_view file, std::string_view content) {
    if (file.ends_with(".in")) file.remove_suffix(3);  // C++ that is no source of this project
    const fs::path path = fs::path(name) / file;
    write_file_durably(path, filled_in(std::string(content), name));
    written.push_back(path.string());
  };
  for (const auto& file : verifiers::custom::embedded_files())
    if (file.name.starts_with(prefix)) write(file.name.substr(prefix.size()), file.content);
  if (language == "cpp") write("laconic_verifier.h", verifiers::custom::embedded("laconic_verifier.h"));
  return written;
}

std::vector<std::string> scaffold_commands(const std::string& name, const std::string& language) {
  std::vector<std::string> commands;
  if (language == "cpp") commands.push_back("g++ -std=c++17 -O2 -shared -fPIC -o " + name + "/libverifier.so " + name + "/verifier.cc");
  commands.push_back("laconic verify run " + name + "/verifier.toml " + name + "/cases.jsonl");
  return commands;
}

}  // namespace laconic::cli
