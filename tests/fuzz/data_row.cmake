laconic_fuzzer(data_row LINK laconic::data dep::json)
