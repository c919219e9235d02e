laconic_fuzzer(equality LINK laconic::verifiers_math)
