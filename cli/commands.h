// Every command of the binary; each is declared in the file of its name.
#pragma once

#include "cli/command.h"

namespace laconic::cli {

void add_train(Command& root);
void add_eval(Command& root);
void add_generate(Command& root);
void add_verify(Command& root);
void add_runs(Command& root);
void add_traj(Command& root);
void add_convert(Command& root);
void add_export(Command& root);
void add_doctor(Command& root);
void add_bench(Command& root);
void add_role(Command& root);

// The whole tree; `root` must stay where it is.
void declare_commands(Command& root);

// main() without the process: runs the words, prints errors on stderr, returns the exit code.
int run_words(const std::vector<std::string>& words);

}  // namespace laconic::cli
