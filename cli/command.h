// A command of the binary: its words, its parameters, its help. Declared once; parsing, `--help`
// and "did you mean" come from the declaration. The parser behind it is CLI11 (parse.cc only).
//
//   Command& list = runs.sub("list", "list the runs");
//   list.flag("--json", options->json, "print JSON");
//   list.action([options] { return run_list(*options); });
//
// A field holds its default when it is bound and must outlive the command.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"

namespace laconic::cli {

// A bad command line: nothing was started. Ends with kExitUsage.
class UsageError : public Error {
 public:
  using Error::Error;
};

// Runs f; its Errors are about what was typed, before anything was started.
template <class F>
auto as_usage(F&& f) {
  try {
    return f();
  } catch (const UsageError&) {
    throw;
  } catch (const Error& error) {
    throw UsageError(error.message(), error.where(), error.next());
  }
}

struct Range {
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
};

struct Parameter {
  std::string name;           // "--json", or "RECIPE" for a positional
  std::string value;          // the placeholder of an option's value; empty: a flag
  std::string help, default_text;
  bool positional = false, required = false;
  bool many = false;          // takes any number of values (positional), or may be repeated (option)
  bool value_optional = false;  // `--resume` and `--resume RUN`
  // Converts and stores one value; throws UsageError naming the parameter and the value.
  std::function<void(const std::string&)> set;
};

class Command {
 public:
  Command(std::string name, std::string about);

  // `group`: the heading under which the parent's help lists it; "" hides it.
  Command& sub(const std::string& name, const std::string& about, const std::string& group);

  void argument(const std::string& name, std::string& field, const std::string& help);
  void optional_argument(const std::string& name, std::string& field, const std::string& help);
  void rest(const std::string& name, std::vector<std::string>& field, const std::string& help);
  void flag(const std::string& name, bool& field, const std::string& help);
  void option(const std::string& name, std::string& field, const std::string& value, const std::string& help,
              std::vector<std::string> choices = {});
  void option(const std::string& name, std::optional<std::string>& field, const std::string& value, const std::string& help);
  void option(const std::string& name, std::vector<std::string>& field, const std::string& value, const std::string& help,
              std::vector<std::string> choices = {});
  void option(const std::string& name, std::int64_t& field, const std::string& value, const std::string& help, Range range = {});
  void option(const std::string& name, int& field, const std::string& value, const std::string& help, Range range = {});
  void option(const std::string& name, std::optional<int>& field, const std::string& value, const std::string& help, Range range = {});
  void option(const std::string& name, double& field, const std::string& value, const std::string& help, Range range = {});
  // With its value left out, `field` becomes "".
  void option_or_flag(const std::string& name, std::optional<std::string>& field, const std::string& value, const std::string& help);

  void details(std::string text) { details_ = std::move(text); }   // a paragraph below the usage line
  void example(std::string line) { examples_.push_back(std::move(line)); }
  void action(std::function<int()> run) { run_ = std::move(run); }

  const std::string& name() const { return name_; }
  std::string path() const;  // "laconic traj list"
  std::string help() const;
  const std::vector<Parameter>& parameters() const { return parameters_; }
  std::list<Command>& subs() { return subs_; }
  const std::list<Command>& subs() const { return subs_; }
  const std::function<int()>& run() const { return run_; }

 private:
  void add(Parameter parameter);

  std::string name_, about_, group_, details_;
  std::vector<std::string> examples_;
  std::vector<Parameter> parameters_;
  std::list<Command> subs_;  // a list: references stay valid
  const Command* parent_ = nullptr;
  std::function<int()> run_;
};

// Parses `words` (without the program's name), fills the fields, runs the action, returns its exit
// code. `--help` anywhere prints help on stdout. Throws UsageError.
int dispatch(Command& root, const std::vector<std::string>& words);

}  // namespace laconic::cli
