laconic_fuzzer(code_answer LINK laconic::verifiers_code)
