#include "model/rope_table.h"

namespace laconic::model {

kernels::RopeTable rope_table(const Config& config, std::int64_t positions) {
  const kernels::YarnScaling& yarn = config.yarn;
  const double scale = yarn.enabled ? kernels::yarn_mscale(yarn.factor, yarn.mscale) / kernels::yarn_mscale(yarn.factor, yarn.mscale_all_dim) : 1;
  const auto frequencies = yarn.enabled ? kernels::rope_frequencies(config.rope_dim(), config.rope_theta, yarn)
                                        : kernels::rope_frequencies(config.rope_dim(), config.rope_theta, config.llama3);
  return kernels::RopeTable(frequencies, positions, scale);
}

}  // namespace laconic::model
