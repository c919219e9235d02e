#include "sandbox/embedded.h"

// The two paths come from CMakeLists.txt.
#define EMBED(name, path)                                   \
  asm(".section .rodata\n"                                  \
      ".global " #name "\n.global " #name "_end\n"          \
      #name ":\n.incbin \"" path "\"\n" #name "_end:\n"     \
      ".byte 0\n.previous\n");                              \
  extern "C" const char name[], name##_end[];

EMBED(laconic_zygote_library, LACONIC_ZYGOTE_LIBRARY)
EMBED(laconic_zygote_script, LACONIC_ZYGOTE_SCRIPT)

namespace laconic::sandbox {

std::string_view zygote_library() { return {laconic_zygote_library, static_cast<std::size_t>(laconic_zygote_library_end - laconic_zygote_library)}; }
std::string_view zygote_script() { return {laconic_zygote_script, static_cast<std::size_t>(laconic_zygote_script_end - laconic_zygote_script)}; }

}  // namespace laconic::sandbox
