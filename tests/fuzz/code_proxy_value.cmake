laconic_fuzzer(code_proxy_value LINK laconic::verifiers_code)
