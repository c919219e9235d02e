#include "sandbox/root.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file.h"

namespace laconic::sandbox {
namespace {

constexpr const char* kStage = "/tmp";  // any directory there is: only this namespace sees what is laid over it
// Symbolic links of the host (a merged /usr) are repeated, directories are bound.
constexpr const char* kSystem[] = {"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc/alternatives"};
constexpr const char* kDevices[] = {"null", "zero", "full", "random", "urandom"};
constexpr const char* kCopied[] = {"/etc/ld.so.cache"};
// Nothing here names the host or its users.
constexpr struct {
  const char *path, *text;
} kWritten[] = {
    {"/etc/passwd", "root:x:0:0::/:/bin/false\nbox:x:1000:1000::/box:/bin/sh\n"},
    {"/etc/group", "root:x:0:\nbox:x:1000:\n"},
    {"/etc/hosts", "127.0.0.1 localhost box\n::1 localhost\n"},
    {"/etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n"},
};
constexpr struct {
  const char *path, *target;
} kLinks[] = {
    {"/tmp", "box"},           {"/dev/shm", "/box"},           {"/dev/fd", "/proc/self/fd"},
    {"/dev/stdin", "fd/0"},    {"/dev/stdout", "fd/1"},        {"/dev/stderr", "fd/2"},
};

void need(bool done, const std::string& what) {
  if (!done) throw Error(what + ": " + std::strerror(errno), "sandbox root");
}

std::string staged(const std::string& path) { return kStage + path; }

void make_directory(const std::string& path) { need(mkdir(path.c_str(), 0755) == 0 || errno == EEXIST, "mkdir " + path); }

void make_file(const std::string& path, std::string_view text) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  need(fd >= 0, "create " + path);
  const bool done = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  close(fd);
  need(done, "write " + path);
}

void bind(const std::string& from, const std::string& to, unsigned attributes) {
  need(mount(from.c_str(), to.c_str(), nullptr, MS_BIND | MS_REC, nullptr) == 0, "bind " + from);
  mount_attr set{};
  set.attr_set = attributes;
  need(syscall(SYS_mount_setattr, AT_FDCWD, to.c_str(), AT_RECURSIVE, &set, sizeof set) == 0, "mount_setattr " + from);
}

void lay_system() {
  for (const char* path : kSystem) {
    struct stat info {};
    if (lstat(path, &info) != 0) continue;
    const std::string to = staged(path);
    if (S_ISLNK(info.st_mode)) {
      char target[4096];
      const ssize_t size = readlink(path, target, sizeof target - 1);
      need(size > 0, std::string("readlink ") + path);
      target[size] = 0;
      need(symlink(target, to.c_str()) == 0, "symlink " + to);
    } else {
      make_directory(to);
      bind(path, to, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
    }
  }
}

}  // namespace

void build_root(bool with_group) {
  umask(022);
  need(mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "make mounts private");
  need(mount("tmpfs", kStage, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=16m,nr_inodes=4096") == 0, "mount tmpfs");
  for (const char* directory : {"/etc", "/dev", "/proc", "/box"}) make_directory(staged(directory));
  lay_system();
  for (const char* path : kCopied)
    if (access(path, R_OK) == 0) make_file(staged(path), read_file(path));
  for (const auto& [path, text] : kWritten) make_file(staged(path), text);
  for (const auto& [path, target] : kLinks) need(symlink(target, staged(path).c_str()) == 0, std::string("symlink ") + path);
  for (const char* name : kDevices) {
    if (!with_group && std::strcmp(name, "zero") == 0) continue;
    const std::string path = std::string("/dev/") + name;
    make_file(staged(path), "");
    bind(path, staged(path), MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
  }
  // Each run lays a fresh /proc over this one; the kernel allows that only where one is seen in full.
  bind("/proc", staged("/proc"), MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);

  need(chdir(kStage) == 0, "chdir");
  need(syscall(SYS_pivot_root, ".", ".") == 0, "pivot_root");
  need(umount2(".", MNT_DETACH) == 0, "umount the old root");
  need(chdir("/") == 0, "chdir /");
}

void make_mount_point(const std::string& path, bool directory) {
  struct stat info {};
  if (stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode) == directory) return;
  for (std::size_t slash = path.find('/', 1); slash != std::string::npos; slash = path.find('/', slash + 1)) make_directory(path.substr(0, slash));
  if (directory) make_directory(path);
  else make_file(path, "");
}

}  // namespace laconic::sandbox
