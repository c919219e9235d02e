#include <cstdio>
#include <memory>

#include <fmt/format.h>

#include "cli/commands.h"

namespace laconic::cli {

void declare_commands(Command& root) {
  add_train(root);
  add_eval(root);
  add_generate(root);
  add_verify(root);
  add_runs(root);
  add_traj(root);
  add_convert(root);
  add_export(root);
  add_doctor(root);
  add_bench(root);
  add_role(root);
  auto version = std::make_shared<bool>(false);
  root.flag("--version", *version, "print the version");
  root.details("Data goes to stdout, everything else to stderr. Exit codes: 0 done, 1 the answer is no, 2 bad command line or recipe, "
               "3 an error ended the command, 130 interrupted.");
  root.example("laconic train recipes/arithmetic.toml");
  root.example("laconic runs show latest");
  root.example("laconic traj list latest --wrong");
  root.action([version, &root] {
    if (*version) {
      fmt::print("laconic {}\n", LACONIC_VERSION);
      return static_cast<int>(kExitOk);
    }
    std::fputs(root.help().c_str(), stderr);
    return static_cast<int>(kExitUsage);
  });
}

int run_words(const std::vector<std::string>& words) {
  const auto fail = [](const Error& error, ExitCode code) {
    std::fflush(stdout);
    std::fputs(render(error).c_str(), stderr);
    return code;
  };
  try {
    Command root("laconic", "Laconic: reinforcement learning that makes reasoning models right more often in fewer tokens.");
    declare_commands(root);
    return dispatch(root, words);
  } catch (const UsageError& error) {
    return fail(error, kExitUsage);
  } catch (const Error& error) {
    return fail(error, kExitRuntime);
  } catch (const std::exception& error) {
    return fail(Error(error.what(), "", "this is a defect of laconic: please report it with the command"), kExitRuntime);
  }
}

}  // namespace laconic::cli
