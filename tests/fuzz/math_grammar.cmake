laconic_fuzzer(math_grammar LINK laconic::verifiers_math)
