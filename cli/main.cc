#include "cli/commands.h"

int main(int argc, char** argv) { return laconic::cli::run_words({argv + 1, argv + argc}); }
