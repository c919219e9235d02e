laconic_fuzzer(math_extract LINK laconic::verifiers_math)
