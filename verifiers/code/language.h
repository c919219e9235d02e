// A programming language as data: how to find, build and run a program in it. The built-in ones are
// verifiers/code/languages/*.toml; a user adds one by a file of the same form, without code.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace laconic::verifiers::code {

struct Language {
  std::string name;                       // "python", "cpp17"
  std::vector<std::string> aliases;       // other names that rows use: "py", "python3", "c++"
  std::vector<std::string> tags;          // of code fences, lower case; the name counts too
  std::string source;                     // file name of the program in /box
  bool python = false;                    // run by the sandbox's warm interpreter, `run` is not used
  std::vector<std::string> compile;       // argv; empty: not compiled
  std::string binary;                     // file that compiling leaves in /box
  std::vector<std::string> run;           // argv of the program
  std::vector<std::string> paths;         // host folders seen inside beside the default ones, read-only
  double time_factor = 1;                 // multiplies time limits
  int processes = 64;                     // threads and processes a run may have
  std::string prelude;                    // code that function-call tests run before the answer
  std::string precompiled_header;         // "bits/stdc++.h"; empty: none
  std::vector<std::string> precompile;    // argv that writes {output} from {header}
  std::vector<std::string> precompiled_for;  // headers whose inclusion makes the precompiled one worth while
  // Linked when the program includes a header that starts with `first`.
  std::vector<std::pair<std::string, std::vector<std::string>>> libraries;
};

// The built-in languages and those of a folder (empty: none); a later one replaces an earlier of the
// same name. Throws Error for a file that is not understood.
std::vector<Language> load_languages(const std::string& folder);

// By name or alias, case ignored; null: unknown.
const Language* find_language(const std::vector<Language>& languages, std::string_view name);

}  // namespace laconic::verifiers::code
