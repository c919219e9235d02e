laconic_fuzzer(code_pickle LINK laconic::verifiers_code)
