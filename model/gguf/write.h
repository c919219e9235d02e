// Writes the GGUF format, version 3; model/gguf/gguf.h describes it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/file.h"
#include "model/weights/convert_tensor.h"
#include "model/gguf/gguf.h"

namespace laconic::model {

struct GgufTensorInfo {
  std::string name;
  std::vector<std::int64_t> shape;  // outermost first
  DType dtype = DType::kF32;
  std::uint64_t bytes() const;
};

// `produce(i, sink)` hands the data of tensor i over, in pieces; it is called once each, in order. Integers
// are written as u32 (negative: i32; too large: u64, i64), numbers and their lists as f32,
// lists of integers as i32. Same input, same bytes. The file appears under its name when it is whole.
void write_gguf(const fs::path& file, const std::map<std::string, GgufValue>& metadata, const std::vector<GgufTensorInfo>& tensors,
                const std::function<void(std::size_t, const ByteSink&)>& produce);

}  // namespace laconic::model
