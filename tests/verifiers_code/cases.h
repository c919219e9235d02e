// Test data: JSON lines beside this file, and the large data sets that LACONIC_TEST_DATA names.
#pragma once

#include <gtest/gtest.h>

#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "base/file.h"

namespace laconic::verifiers::code {

inline std::filesystem::path test_folder() {
  const char* root = std::getenv("LACONIC_SOURCE");
  return (root ? std::filesystem::path(root) : std::filesystem::current_path()) / "tests/verifiers_code";
}

inline std::vector<nlohmann::json> json_lines(const std::filesystem::path& path) {
  std::vector<nlohmann::json> rows;
  std::istringstream lines(read_file(path));
  for (std::string line; std::getline(lines, line);)
    if (!line.empty() && line.rfind("//", 0) != 0) rows.push_back(nlohmann::json::parse(line));
  return rows;
}

inline std::vector<nlohmann::json> cases(const std::string& name) { return json_lines(test_folder() / "cases" / name); }

// A name that GoogleTest takes: letters and digits.
inline std::string test_name(const std::string& text) {
  std::string name;
  for (const char c : text) name += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return name;
}

// Empty when the folder of data sets is not there: then the caller skips.
inline std::vector<nlohmann::json> data_set(const std::string& name) {
  const char* folder = std::getenv("LACONIC_TEST_DATA");
  if (!folder || !*folder) return {};
  return json_lines(std::filesystem::path(folder) / name);
}

}  // namespace laconic::verifiers::code

#define LACONIC_NEED_DATA(rows) \
  if ((rows).empty()) GTEST_SKIP() << "LACONIC_TEST_DATA is not set: the large data sets are not checked"
