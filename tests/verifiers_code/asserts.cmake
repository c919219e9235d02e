# Assert-style tests: their parts alone, whole in the sandbox, and on the public data sets.
laconic_test(code_assert_parts
  SOURCES assert_report_test.cc proxy_test.cc proxy_value_test.cc split_test.cc
  LINK laconic::verifiers_code dep::json)
laconic_test(code_asserts
  SOURCES asserts_test.cc assert_sweep.cc
  LINK laconic::verifiers_code dep::json)
laconic_test(code_asserts_data
  SOURCES asserts_data_test.cc assert_sweep.cc
  LINK laconic::verifiers_code dep::json)
laconic_test(code_asserts_data_full
  SOURCES asserts_data_test.cc assert_sweep.cc
  LINK laconic::verifiers_code dep::json
  LABEL slow TIMEOUT 3600)
target_compile_definitions(test_code_asserts_data_full PRIVATE LACONIC_FULL_SWEEP)
