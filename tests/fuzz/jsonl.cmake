laconic_fuzzer(jsonl LINK laconic::data)
