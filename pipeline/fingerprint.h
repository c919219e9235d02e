// What a run's bits depend on besides recipe, seed and weights. Fixed when the run is created, kept in
// environment.json, set in the environment of its roles before they start.
#pragma once

#include <map>
#include <string>

namespace laconic::pipeline {

struct Fingerprint {
  std::string isa;             // kernels' level: "avx512"
  int learner_threads = 1;
  std::string gradient_dtype = "fp32";
  std::string aten_capability, mkl_cbwr, onednn_isa;  // torch's, MKL's and oneDNN's levels
  std::string torch;           // the first line of `laconic-learner --version`
  std::string revision;        // of laconic

  bool operator==(const Fingerprint&) const = default;
};

// At this machine's active level (LACONIC_ISA lowers it).
Fingerprint make_fingerprint(int learner_threads, const std::string& torch);

std::string fingerprint_json(const Fingerprint& fingerprint);
Fingerprint parse_fingerprint(const std::string& json, const std::string& where);

// Environment variables of every role, and those that only the learner needs.
std::map<std::string, std::string> role_environment(const Fingerprint& fingerprint);
std::map<std::string, std::string> learner_environment(const Fingerprint& fingerprint);

// Throws Error when this machine or build cannot compute the run's bits, with the command that
// continues it as a new, forked run.
void check_fingerprint(const Fingerprint& of_run, const std::string& torch, const std::string& run_name);

}  // namespace laconic::pipeline
