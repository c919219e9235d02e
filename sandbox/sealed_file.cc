#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.h"
#include "sandbox/sandbox.h"

namespace laconic::sandbox {

std::shared_ptr<const SealedFile> SealedFile::of(std::string_view bytes) {
  constexpr unsigned kExecutable = 0x10;  // MFD_EXEC: Linux 6.3; older kernels always allow it
  const auto fail = [](const char* step) { return Error(std::string("a sealed file cannot be made: ") + step + ": " + std::strerror(errno), "sandbox"); };
  int fd = memfd_create("sealed", MFD_CLOEXEC | MFD_ALLOW_SEALING | kExecutable);
  if (fd < 0 && errno == EINVAL) fd = memfd_create("sealed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0) throw fail("memfd_create");
  for (std::string_view rest = bytes; !rest.empty();) {
    const ssize_t written = write(fd, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      const Error error = fail("write");
      close(fd);
      throw error;
    }
    rest.remove_prefix(written);
  }
  // Held for reading only: a file that anybody holds for writing cannot be executed.
  const std::string path = "/proc/self/fd/" + std::to_string(fd);
  const bool sealed = fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) == 0;
  const int reader = sealed ? open(path.c_str(), O_RDONLY | O_CLOEXEC) : -1;
  const Error error = fail(sealed ? "open" : "seal");
  close(fd);
  if (reader < 0) throw error;
  return std::shared_ptr<const SealedFile>(new SealedFile(reader, static_cast<std::int64_t>(bytes.size())));
}

SealedFile::~SealedFile() { close(fd_); }

}  // namespace laconic::sandbox
