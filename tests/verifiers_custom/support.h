// Small programs on the other side of the line protocol.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "base/file.h"
#include "verifiers/custom/custom.h"

namespace laconic::verifiers::custom {

// A folder of its own, removed at the end.
class Scratch {
 public:
  Scratch() {
    std::string name = (fs::temp_directory_path() / "laconic-custom-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  std::string file(const std::string& name, const std::string& content, bool executable = false) const {
    write_file_durably(path_ / name, content);
    if (executable) ::chmod((path_ / name).c_str(), 0755);
    return (path_ / name).string();
  }
  std::string at(const std::string& name) const { return (path_ / name).string(); }

 private:
  fs::path path_;
};

// A verifier process in Python: `body` is run for each request `r` and calls say(...) with replies.
inline std::string program(const std::string& body, const std::string& hello = "{'laconic_verifier': 1}", const std::string& before = "") {
  std::string indented = "    " + body;
  for (std::size_t at = 0; (at = indented.find('\n', at)) != std::string::npos; at += 5) indented.insert(at + 1, "    ");
  return "#!/usr/bin/env python3\nimport json, os, sys, time, signal\n"
         "def say(x):\n    print(json.dumps(x), flush=True)\n" + before + "\nsay(" + hello + ")\nfor line in sys.stdin:\n    r = json.loads(line)\n" + indented + "\n";
}

inline VerifyRequest request(const std::string& response, const std::string& columns = R"({"answer":"4"})", const std::string& id = "s0/train/0/0/0/0") {
  return {.id = id, .prompt = "2+2?", .response = response, .columns = columns};
}

inline std::vector<VerifyRequest> requests(const std::vector<std::string>& responses, const std::string& columns = R"({"answer":"4"})") {
  std::vector<VerifyRequest> out;
  for (std::size_t i = 0; i < responses.size(); ++i) out.push_back(request(responses[i], columns, "s0/train/0/0/0/" + std::to_string(i)));
  return out;
}

// Tests wait for hangs: short deadlines, but long enough for a loaded machine to start Python.
inline ProcessOptions process_options(std::vector<std::string> command = {}, double request_deadline = 20) {
  ProcessOptions options;
  options.command = std::move(command);
  options.start_deadline_s = 60;
  options.request_deadline_s = request_deadline;
  return options;
}

inline std::vector<Verdict> run(const Verifier& verifier, const std::vector<VerifyRequest>& requests, const Pace& pace = {}) {
  return run_verifier(verifier, std::span<const VerifyRequest>(requests), pace, Clock::system());
}

inline bool says(const Verdict& verdict, const std::string& text) { return verdict.explanation.find(text) != std::string::npos; }

}  // namespace laconic::verifiers::custom
