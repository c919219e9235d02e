laconic_fuzzer(algebra_input LINK laconic::verifiers_math laconic::algebra_program)
