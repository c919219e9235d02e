// The text of `--help`: one layout for every command.
#include <algorithm>

#include <fmt/format.h>

#include "cli/command.h"

namespace laconic::cli {
namespace {

constexpr std::size_t kWidth = 100, kMaxNameColumn = 26;

// `text` in lines of at most kWidth columns, every line but the first indented.
std::string wrapped(const std::string& text, std::size_t indent) {
  std::string out;
  std::size_t column = indent, start = 0;
  while (start < text.size()) {
    const std::size_t end = std::min(text.find(' ', start), text.size());
    if (column + end - start > kWidth && column > indent) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      out += ' ';
      ++column;
    }
    out += text.substr(start, end - start);
    column += end - start;
    start = end + 1;
  }
  return out;
}

struct Line {
  std::string name, help;
};

std::string section(const std::string& title, const std::vector<Line>& lines) {
  if (lines.empty()) return {};
  std::size_t column = 0;
  for (const Line& line : lines)
    if (line.name.size() <= kMaxNameColumn) column = std::max(column, line.name.size());
  std::string text = "\n" + title + ":\n";
  for (const Line& line : lines) {
    text += "  " + line.name;
    if (line.name.size() > column) text += "\n" + std::string(column + 4, ' ');
    else text += std::string(column - line.name.size() + 2, ' ');
    text += wrapped(line.help, column + 4) + "\n";
  }
  return text;
}

std::string option_name(const Parameter& p) {
  if (p.value.empty()) return p.name;
  return p.name + (p.value_optional ? " [" + p.value + "]" : " " + p.value);
}

}  // namespace

std::string Command::help() const {
  std::string text = about_ + "\n\nusage: " + path();
  std::vector<Line> arguments, options;
  for (const Parameter& p : parameters_) {
    if (p.positional) {
      const std::string shown = p.many ? p.name + " …" : p.name;
      text += p.required ? " " + shown : " [" + shown + "]";
      arguments.push_back({p.name, p.help});
    } else {
      std::string help = p.help;
      if (!p.default_text.empty()) help += " [" + p.default_text + "]";
      if (p.many) help += "; may be repeated";
      options.push_back({option_name(p), help});
    }
  }
  if (!subs_.empty()) text += " COMMAND";
  if (!options.empty()) text += " [options]";
  text += "\n";
  if (!details_.empty()) text += "\n" + wrapped(details_, 0) + "\n";

  std::vector<std::string> groups;
  for (const Command& command : subs_)
    if (!command.group_.empty() && std::find(groups.begin(), groups.end(), command.group_) == groups.end()) groups.push_back(command.group_);
  for (const std::string& group : groups) {
    std::vector<Line> lines;
    for (const Command& command : subs_)
      if (command.group_ == group) lines.push_back({command.name_, command.about_});
    text += section(group, lines);
  }
  text += section("arguments", arguments);
  options.push_back({"--help", "print this help"});
  text += section("options", options);
  if (!examples_.empty()) {
    text += "\nexamples:\n";
    for (const std::string& line : examples_) text += "  " + line + "\n";
  }
  if (!subs_.empty()) text += fmt::format("\n`{} COMMAND --help` explains a command.\n", path());
  return text;
}

}  // namespace laconic::cli
