laconic_fuzzer(safetensors LINK laconic::model)
