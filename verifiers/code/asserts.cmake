# Assert-style tests: their part of the library and of what it carries.
list(APPEND EMBEDDED
  drivers/assert_answer.py drivers/assert_trusted.py drivers/assert_weak.py
  drivers/assert_cpp_values.h drivers/assert_cpp_answer.h drivers/assert_cpp_trusted.h)
set(ASSERTS_SOURCES assert_cpp.cc assert_pair.cc assert_python.cc assert_report.cc asserts.cc proxy.cc proxy_value.cc split_cpp.cc split_python.cc)
set(ASSERTS_HEADERS assert_cpp.h assert_pair.h assert_python.h assert_report.h proxy.h proxy_value.h split_cpp.h split_python.h)
