// What docs/data.md shows of the tables in the code.
#pragma once

#include <string>

namespace laconic::pipeline {

std::string shapes_markdown();      // the table of shapes
std::string generators_markdown();  // the first problem of each generator by default options

}  // namespace laconic::pipeline
