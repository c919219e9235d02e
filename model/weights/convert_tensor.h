// One tensor's elements in another type, a piece at a time, with an account of what that changed.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "model/weights/tensor.h"

namespace laconic::model {

using ByteSink = std::function<void(std::string_view)>;

struct ConversionLoss {
  std::int64_t elements = 0, changed = 0;
  double squared_error = 0, squared = 0;  // sums over all elements

  void add(const ConversionLoss& other);
  double relative() const;  // root of squared_error / squared; 0 when nothing changed
};

// Same type: the same bytes. Throws Error naming the tensor for an element that is not finite, before
// or after.
ConversionLoss convert_tensor(const Tensor& tensor, DType to, const std::string& name, const ByteSink& sink);

}  // namespace laconic::model
