laconic_fuzzer(tokenizer LINK laconic::model)
