#include "pipeline/fingerprint.h"

#include "kernels/isa.h"
#include "tests/pipeline/scratch.h"

namespace laconic::pipeline {
namespace {

TEST(Fingerprint, RoundTripsAndNamesItsLevel) {
  const Fingerprint fingerprint = make_fingerprint(3, "laconic-learner 1 torch 2");
  EXPECT_EQ(fingerprint.isa, kernels::name_of(kernels::active_isa()));
  EXPECT_EQ(parse_fingerprint(fingerprint_json(fingerprint), "x"), fingerprint);
  const auto environment = learner_environment(fingerprint);
  EXPECT_EQ(environment.at("OMP_WAIT_POLICY"), "passive");
  EXPECT_EQ(environment.at("OMP_NUM_THREADS"), "3");
  EXPECT_EQ(environment.at("LACONIC_ISA"), fingerprint.isa);
  EXPECT_FALSE(environment.at("MKL_CBWR").empty());
  EXPECT_NO_THROW(check_fingerprint(fingerprint, fingerprint.torch, "math-1"));
}

TEST(Fingerprint, AnotherMachineIsRefusedWithTheForkCommand) {
  Fingerprint fingerprint = make_fingerprint(1, "t");
  fingerprint.isa = "avx1024";
  expect_error([&] { check_fingerprint(fingerprint, "t", "math-1"); }, {"avx1024", "math-1", "--fork math-1"});
  fingerprint = make_fingerprint(1, "t");
  expect_error([&] { check_fingerprint(fingerprint, "t 2.12", "math-1"); }, {"t 2.12", "--fork math-1"});
}

TEST(Fingerprint, DamagedFileIsNamed) {
  expect_error([] { parse_fingerprint("{}", "runs/a/environment.json"); }, {"runs/a/environment.json"});
}

}  // namespace
}  // namespace laconic::pipeline
