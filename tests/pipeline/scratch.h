// A folder of a test's own, removed at its end.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"

namespace laconic::pipeline {

class Scratch {
 public:
  Scratch() {
    static int counter = 0;
    path_ = fs::temp_directory_path() / ("laconic-pipeline-" + std::to_string(::getpid()) + "-" + std::to_string(counter++));
    fs::remove_all(path_);
    fs::create_directories(path_);
  }
  ~Scratch() { fs::remove_all(path_); }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

// The project's sources, as they were built.
inline std::string source_root() {
  const char* root = std::getenv("LACONIC_SOURCE");
  return root ? root : ".";
}

// Runs `action` and expects an Error whose rendered text holds every one of `parts`.
template <class Action>
void expect_error(Action&& action, const std::vector<std::string>& parts) {
  try {
    action();
  } catch (const Error& error) {
    const std::string text = render(error);
    for (const std::string& part : parts) EXPECT_NE(text.find(part), std::string::npos) << "missing `" << part << "` in:\n" << text;
    return;
  }
  ADD_FAILURE() << "no Error was thrown; expected one about " << (parts.empty() ? "" : parts[0]);
}

}  // namespace laconic::pipeline
