// Tables of cases in this folder: one JSON object a line.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace laconic::verifiers::code {

inline std::string source_folder() {
  const char* root = std::getenv("LACONIC_SOURCE");
  return root ? root : ".";
}

inline std::vector<nlohmann::json> rows_of(const std::string& path) {
  std::ifstream in(path);
  EXPECT_TRUE(in) << path;
  std::vector<nlohmann::json> rows;
  for (std::string line; std::getline(in, line);) rows.push_back(nlohmann::json::parse(line));
  EXPECT_FALSE(rows.empty()) << path;
  return rows;
}

inline std::vector<nlohmann::json> table(const std::string& name) { return rows_of(source_folder() + "/tests/verifiers_code/" + name); }

}  // namespace laconic::verifiers::code
