#include "pipeline/fingerprint.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "kernels/isa.h"

namespace laconic::pipeline {

Fingerprint make_fingerprint(int learner_threads, const std::string& torch) {
  Fingerprint fingerprint;
  const kernels::Isa isa = kernels::active_isa();
  fingerprint.isa = kernels::name_of(isa);
  fingerprint.learner_threads = learner_threads;
  // STRICT makes MKL's products independent of alignment and thread count; oneDNN is capped at the
  // level without VNNI, bf16 or AMX, which every machine of that level has.
  switch (isa) {
    case kernels::Isa::kAvx512:
      fingerprint.aten_capability = "avx512", fingerprint.mkl_cbwr = "AVX512,STRICT", fingerprint.onednn_isa = "AVX512_CORE";
      break;
    case kernels::Isa::kAvx2:
      fingerprint.aten_capability = "avx2", fingerprint.mkl_cbwr = "AVX2,STRICT", fingerprint.onednn_isa = "AVX2";
      break;
    case kernels::Isa::kScalar:
      fingerprint.aten_capability = "default", fingerprint.mkl_cbwr = "COMPATIBLE", fingerprint.onednn_isa = "SSE41";
      break;
  }
  fingerprint.torch = torch;
  fingerprint.revision = LACONIC_REVISION;
  return fingerprint;
}

std::string fingerprint_json(const Fingerprint& f) {
  nlohmann::ordered_json json = {{"isa", f.isa},           {"learner_threads", f.learner_threads}, {"gradient_dtype", f.gradient_dtype},
                                 {"ATEN_CPU_CAPABILITY", f.aten_capability}, {"MKL_CBWR", f.mkl_cbwr}, {"ONEDNN_MAX_CPU_ISA", f.onednn_isa},
                                 {"torch", f.torch},       {"revision", f.revision}};
  return json.dump(1) + "\n";
}

Fingerprint parse_fingerprint(const std::string& text, const std::string& where) {
  try {
    const auto json = nlohmann::json::parse(text);
    Fingerprint f;
    f.isa = json.at("isa");
    f.learner_threads = json.at("learner_threads");
    f.gradient_dtype = json.at("gradient_dtype");
    f.aten_capability = json.at("ATEN_CPU_CAPABILITY");
    f.mkl_cbwr = json.at("MKL_CBWR");
    f.onednn_isa = json.at("ONEDNN_MAX_CPU_ISA");
    f.torch = json.at("torch");
    f.revision = json.at("revision");
    return f;
  } catch (const nlohmann::json::exception& error) {
    throw Error("the run's fingerprint cannot be read: " + std::string(error.what()), where);
  }
}

std::map<std::string, std::string> role_environment(const Fingerprint& f) { return {{"LACONIC_ISA", f.isa}}; }

std::map<std::string, std::string> learner_environment(const Fingerprint& f) {
  return {{"LACONIC_ISA", f.isa},
          {"ATEN_CPU_CAPABILITY", f.aten_capability},
          {"MKL_CBWR", f.mkl_cbwr},
          {"ONEDNN_MAX_CPU_ISA", f.onednn_isa},
          {"OMP_WAIT_POLICY", "passive"},  // spinning OpenMP threads beside another busy process slow a step tenfold
          {"OMP_NUM_THREADS", std::to_string(f.learner_threads)},
          {"MKL_NUM_THREADS", std::to_string(f.learner_threads)},
          {"OMP_DYNAMIC", "false"},
          {"MKL_DYNAMIC", "false"}};
}

void check_fingerprint(const Fingerprint& run, const std::string& torch, const std::string& name) {
  const std::string fork = "to go on with other bits, as a new run from its newest checkpoint: `laconic train --fork " + name + "`";
  const auto levels = kernels::executable_isas();
  if (std::none_of(levels.begin(), levels.end(), [&](kernels::Isa isa) { return kernels::name_of(isa) == run.isa; }))
    throw Error(fmt::format("the run `{}` computes at level {}, which this machine cannot execute (its best is {})", name, run.isa, kernels::name_of(kernels::best_isa())),
                "environment.json", fork);
  if (run.torch != torch)
    throw Error(fmt::format("the run `{}` was made with \"{}\", but this build is \"{}\"", name, run.torch, torch), "environment.json", fork);
  if (run.revision != LACONIC_REVISION)
    throw Error(fmt::format("the run `{}` was made by laconic {}, but this is {}", name, run.revision, LACONIC_REVISION), "environment.json", fork);
}

}  // namespace laconic::pipeline
