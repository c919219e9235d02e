laconic_fuzzer(code_frame LINK laconic::verifiers_code)
