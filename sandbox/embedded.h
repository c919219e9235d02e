// The warm interpreter's library and script, carried within the launcher so that it needs no file beside it.
#pragma once

#include <string_view>

namespace laconic::sandbox {

std::string_view zygote_library();  // branch.cc as a shared object
std::string_view zygote_script();   // zygote.py

}  // namespace laconic::sandbox
