# Tests of the assert-style tests.
laconic_test(code_assert_parts
  SOURCES assert_report_test.cc proxy_test.cc proxy_value_test.cc split_test.cc
  LINK laconic::verifiers_code dep::json)
