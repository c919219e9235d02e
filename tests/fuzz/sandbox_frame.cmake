laconic_fuzzer(sandbox_frame LINK laconic::sandbox)
