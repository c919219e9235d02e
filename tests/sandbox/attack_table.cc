#include "tests/sandbox/attack_table.h"

#include <algorithm>
#include <sstream>
#include <type_traits>

#include <seccomp.h>
#include <toml.hpp>

#include "base/error.h"

namespace laconic::sandbox::attacks {
namespace {

using Value = toml::value;

const std::vector<std::string> kRowKeys = {"number", "name", "program", "argv", "words", "words_are", "calls", "calls_via", "command", "files", "stdin",
                                           "stdin_mb", "limits", "environment", "internet", "collect", "beside", "then", "slow", "bubblewrap"};
const std::vector<std::string> kExpectedKeys = {"end", "exit", "signal", "denied", "out", "out_has", "out_lacks", "out_hex", "out_length", "err_has", "err_lacks",
                                                "process_limit", "err_cut", "generic", "cpu_at_least", "memory_at_least_mb", "collected", "collected_may_lack"};
const std::vector<std::string> kEnds = {"exited", "signaled", "cpu time", "wall time", "memory", "output", "denied call", "refused"};

[[noreturn]] void refuse(const std::string& what, const std::string& word, const std::vector<std::string>& known, const Value& row) {
  throw Error("attacks.toml: " + what + " `" + word + "`", row.location().file_name() + ":" + std::to_string(row.location().line()),
              "nearest: " + nearest_name(word, known));
}

void check_known(const std::string& what, const std::string& word, const std::vector<std::string>& known, const Value& row) {
  if (std::find(known.begin(), known.end(), word) == known.end()) refuse(what, word, known, row);
}

// One value or a list of them.
template <class T>
std::vector<T> many(const Value& row, const std::string& key) {
  if (!row.contains(key)) return {};
  const Value& v = row.at(key);
  if (v.is_array()) return toml::get<std::vector<T>>(v);
  return {toml::get<T>(v)};
}

double number(const Value& v) { return v.is_integer() ? static_cast<double>(v.as_integer()) : v.as_floating(); }

std::vector<std::string> split(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string w; in >> w;) words.push_back(w);
  return words;
}

void read_limits(Limits& limits, const Value& table) {
  for (const auto& [key, value] : table.as_table()) {
    const double n = number(value);
    if (key == "cpu") limits.cpu_seconds = n;
    else if (key == "wall") limits.wall_seconds = n;
    else if (key == "memory_mb") limits.memory_bytes = static_cast<std::int64_t>(n * (1 << 20));
    else if (key == "processes") limits.processes = static_cast<int>(n);
    else if (key == "stdout_kb") limits.stdout_bytes = static_cast<std::int64_t>(n * 1024);
    else if (key == "stderr_kb") limits.stderr_bytes = static_cast<std::int64_t>(n * 1024);
    else if (key == "file_mb") limits.file_bytes = static_cast<std::int64_t>(n * (1 << 20));
    else if (key == "files") limits.files = static_cast<int>(n);
    else if (key == "open_files") limits.open_files = static_cast<int>(n);
    else refuse("unknown limit", key, {"cpu", "wall", "memory_mb", "processes", "stdout_kb", "stderr_kb", "file_mb", "files", "open_files"}, table);
  }
}

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

void read_expected(Expected& e, const Value& row) {
  if (row.contains("end")) {
    e.ends = many<std::string>(row, "end");
    for (const std::string& end : e.ends) check_known("unknown end", end, kEnds, row);
    e.out.reset();  // only a run that says nothing about its end reports "held"
  }
  if (row.contains("exit")) e.exits = many<int>(row, "exit");
  if (row.contains("signal")) e.signals = many<int>(row, "signal");
  if (row.contains("denied")) e.denied = many<std::string>(row, "denied");
  if (row.contains("out")) e.out = row.at("out").as_string().str;
  if (row.contains("out_hex")) e.out = from_hex(row.at("out_hex").as_string().str);
  if (row.contains("out_length")) e.out_length = row.at("out_length").as_integer();
  for (const auto& [key, field] : {std::pair{"out_has", &e.out_has}, {"out_lacks", &e.out_lacks}, {"err_has", &e.err_has}, {"err_lacks", &e.err_lacks}, {"collected", &e.collected}})
    if (row.contains(key)) *field = many<std::string>(row, key);
  for (const auto& [key, field] : {std::pair{"process_limit", &e.process_limit}, {"err_cut", &e.err_cut}, {"generic", &e.generic}, {"collected_may_lack", &e.collected_may_lack}})
    if (row.contains(key)) *field = row.at(key).as_boolean();
  for (const auto& [key, field] : {std::pair{"cpu_at_least", &e.cpu_at_least}, {"memory_at_least_mb", &e.memory_at_least_mb}})
    if (row.contains(key)) *field = number(row.at(key));
  if (row.contains("collected") && !row.contains("collected_may_lack")) e.collected_may_lack = false;
}

// "bpf 0 buf 64" → the arguments of call.c.
std::vector<std::string> call_words(const std::string& call, const std::string& via, std::string& name, const Value& row) {
  std::vector<std::string> words = split(call);
  name = words.at(0);
  const int resolved = seccomp_syscall_resolve_name_arch(SCMP_ARCH_X86_64, name.c_str());
  if (resolved < 0) refuse("no such call of x86-64", name, {}, row);
  words[0] = via + std::to_string(resolved);
  return words;
}

Attack read_row(const Value& row, const Limits& limits, char level, bool root) {
  for (const auto& [key, value] : row.as_table()) {
    if (key == "A" || key == "B" || key == "user") {
      for (const auto& [inner, _] : value.as_table()) check_known("unknown key", inner, kExpectedKeys, row);
      continue;
    }
    std::vector<std::string> known = kRowKeys;
    known.insert(known.end(), kExpectedKeys.begin(), kExpectedKeys.end());
    check_known("unknown key", key, known, row);
  }
  Attack a;
  a.number = toml::find<std::string>(row, "number");
  a.name = toml::find<std::string>(row, "name");
  a.program = row.contains("calls") ? "call.c" : toml::find<std::string>(row, "program");
  a.argv = many<std::string>(row, "argv");
  a.command = many<std::string>(row, "command");
  a.files = many<std::string>(row, "files");
  a.environment = many<std::string>(row, "environment");
  a.collect = many<std::string>(row, "collect");
  a.beside = many<std::string>(row, "beside");
  a.then = many<std::string>(row, "then");
  a.stdin_text = toml::find_or<std::string>(row, "stdin", "");
  a.stdin_zeros = toml::find_or<std::int64_t>(row, "stdin_mb", 0) << 20;
  a.internet = toml::find_or<bool>(row, "internet", false);
  a.slow = toml::find_or<bool>(row, "slow", false);
  a.bubblewrap = toml::find_or<bool>(row, "bubblewrap", false);
  a.limits = limits;
  if (row.contains("limits")) read_limits(a.limits, row.at("limits"));
  read_expected(a.expected, row);
  if (row.contains(std::string(1, level))) read_expected(a.expected, row.at(std::string(1, level)));
  if (!root && row.contains("user")) read_expected(a.expected, row.at("user"));
  return a;
}

}  // namespace

std::string Attack::test_name() const {
  std::string text = (number.size() < 2 ? "0" : "") + number + "_" + name;
  std::string out;
  for (const char c : text) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c));
    if (plain || (!out.empty() && out.back() != '_')) out += plain ? c : '_';
  }
  while (!out.empty() && out.back() == '_') out.pop_back();
  return out;
}

std::vector<Attack> load_attacks(const fs::path& folder, char level, bool root) {
  const Value file = toml::parse((folder / "attacks.toml").string());
  Limits limits;
  read_limits(limits, file.at("limits"));
  std::vector<Attack> attacks;
  for (const Value& row : file.at("attack").as_array()) {
    const Attack base = read_row(row, limits, level, root);
    const std::string via = toml::find_or<std::string>(row, "calls_via", "");
    for (const std::string& call : many<std::string>(row, "calls")) {
      Attack a = base;
      std::string name;
      a.argv = call_words(call, via, name, row);
      a.name += " " + call;
      if (a.expected.denied.empty()) a.expected.denied = {name};
      attacks.push_back(std::move(a));
    }
    const std::string words_are = toml::find_or<std::string>(row, "words_are", "");
    for (const std::string& words : many<std::string>(row, "words")) {
      Attack a = base;
      if (words_are == "collect") a.collect.push_back(words);
      else if (words_are == "file") a.placed.push_back(words);
      else for (const std::string& w : split(words)) (a.command.empty() ? a.argv : a.command).push_back(w);
      a.name += " " + (words.find_first_not_of("./") == std::string::npos ? std::to_string(words.size()) + " dots" : words);
      attacks.push_back(std::move(a));
    }
    if (!row.contains("calls") && !row.contains("words")) attacks.push_back(base);
  }
  return attacks;
}

}  // namespace laconic::sandbox::attacks
