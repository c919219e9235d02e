laconic_fuzzer(template LINK laconic::model)
