laconic_fuzzer(verifier_protocol LINK laconic::verifiers_custom dep::json)
