// The seam to CLI11: it splits words into flags, values and positionals; what they mean, and what is
// said about wrong ones, is ours.
#include <algorithm>
#include <cstdio>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/command.h"

namespace laconic::cli {
namespace {

// A positional's display name ("key=value") need not be one that CLI11 accepts.
std::string parser_name(const Command& command, const Parameter& p) {
  return p.positional ? fmt::format("P{}", &p - command.parameters().data()) : p.name;
}

void build(const Command& command, CLI::App& app) {
  app.set_help_flag();  // ours is found before parsing
  app.allow_extras();
  for (const Parameter& p : command.parameters()) {
    CLI::Option* option = nullptr;
    if (!p.positional && p.value.empty()) {
      option = app.add_flag_callback(parser_name(command, p), [&p] { p.set(""); });
    } else {
      option = app.add_option(parser_name(command, p), [&p](const CLI::results_t& values) {
        for (const std::string& value : values) p.set(value);
        return true;
      });
      if (p.value_optional) option->expected(0, 1);
      else if (p.positional && p.many) option->expected(0, 1 << 20)->allow_extra_args();
      else option->expected(1);
      if (p.many && !p.positional) option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    }
  }
  for (const Command& sub : command.subs()) build(sub, *app.add_subcommand(sub.name()));
}

// The deepest command that the words reached, with its parser.
std::pair<const Command*, const CLI::App*> reached(const Command& root, const CLI::App& app) {
  std::pair<const Command*, const CLI::App*> at{&root, &app};
  for (;;) {
    const auto parsed = at.second->get_subcommands([](const CLI::App* sub) { return sub->parsed(); });
    if (parsed.empty()) return at;
    for (const Command& sub : at.first->subs())
      if (sub.name() == parsed.front()->get_name()) {
        at = {&sub, parsed.front()};
        break;
      }
  }
}

UsageError unknown(const Command& command, const std::string& word) {
  const bool is_option = word.size() > 1 && word[0] == '-';
  std::vector<std::string> names;
  if (is_option) {
    names.push_back("--help");
    for (const Parameter& p : command.parameters())
      if (!p.positional) names.push_back(p.name);
  } else {
    for (const Command& sub : command.subs()) names.push_back(sub.name());
  }
  const std::string near = nearest_name(word.substr(0, word.find('=')), names);
  const std::string hint = near.empty() ? fmt::format("`{} --help` lists what there is", command.path()) : "did you mean `" + near + "`?";
  if (is_option) return UsageError(fmt::format("`{}` has no option `{}`", command.path(), word), "command line", hint);
  if (!command.subs().empty()) return UsageError(fmt::format("`{}` has no command `{}`", command.path(), word), "command line", hint);
  return UsageError(fmt::format("`{}` takes no further argument, but got `{}`", command.path(), word), "command line",
                    fmt::format("`{} --help` shows what it takes", command.path()));
}

// Follows the command words only, so that help works whatever else is missing.
const Command& help_subject(const Command& root, const std::vector<std::string>& words) {
  const Command* at = &root;
  for (const std::string& word : words)
    for (const Command& sub : at->subs())
      if (sub.name() == word) {
        at = &sub;
        break;
      }
  return *at;
}

bool asks_help(const std::vector<std::string>& words) {
  const auto end = std::find(words.begin(), words.end(), "--");
  return std::any_of(words.begin(), end, [](const std::string& word) { return word == "--help" || word == "-h"; });
}

}  // namespace

int dispatch(Command& root, const std::vector<std::string>& words) {
  if (asks_help(words)) {
    std::fputs(help_subject(root, words).help().c_str(), stdout);
    return kExitOk;
  }
  CLI::App app;
  build(root, app);
  std::vector<std::string> reversed(words.rbegin(), words.rend());  // CLI11 takes them from the back
  try {
    app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    const auto [command, _] = reached(root, app);
    throw UsageError(error.what(), "command line", fmt::format("`{} --help` shows what it takes", command->path()));
  }
  const auto [command, parser] = reached(root, app);
  for (const CLI::App* at = parser; at; at = at->get_parent()) {
    const std::vector<std::string> extras = at->remaining();
    const auto real = std::find_if(extras.begin(), extras.end(), [](const std::string& word) { return word != "--"; });
    if (real != extras.end()) throw unknown(*command, *real);
  }
  for (const Parameter& p : command->parameters())
    if (p.required && parser->get_option(parser_name(*command, p))->count() == 0)
      throw UsageError(fmt::format("`{}` needs {}: {}", command->path(), p.name, p.help), "command line",
                       fmt::format("`{} --help` shows an example", command->path()));
  if (!command->run()) {
    std::fputs(command->help().c_str(), stderr);
    return kExitUsage;
  }
  return command->run()();
}

}  // namespace laconic::cli
