laconic_fuzzer(tokenizer_text LINK laconic::model)
