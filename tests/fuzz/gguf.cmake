laconic_fuzzer(gguf LINK laconic::model)
