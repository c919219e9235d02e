laconic_fuzzer(response LINK laconic::cli)
