#include "tests/sandbox/host_listeners.h"

#include <cstring>
#include <filesystem>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/error.h"

namespace laconic::sandbox::attacks {
namespace {

int bound(int family, int type, const sockaddr* address, socklen_t size) {
  const int fd = ::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0 || ::bind(fd, address, size) != 0) throw Error("the test cannot listen on this machine");
  if (type == SOCK_STREAM && ::listen(fd, 16) != 0) throw Error("the test cannot listen on this machine");
  return fd;
}

}  // namespace

HostListeners::HostListeners() {
  sockaddr_in any{};
  any.sin_family = AF_INET;
  listening_.push_back(bound(AF_INET, SOCK_STREAM, reinterpret_cast<sockaddr*>(&any), sizeof any));
  socklen_t size = sizeof any;
  ::getsockname(listening_[0], reinterpret_cast<sockaddr*>(&any), &size);
  port_ = ntohs(any.sin_port);
  datagrams_.push_back(bound(AF_INET, SOCK_DGRAM, reinterpret_cast<sockaddr*>(&any), sizeof any));

  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  abstract_ = fmt::format("laconic-host-{}", ::getpid());
  std::memcpy(name.sun_path + 1, abstract_.data(), abstract_.size());
  listening_.push_back(bound(AF_UNIX, SOCK_STREAM, reinterpret_cast<sockaddr*>(&name), static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + abstract_.size())));
  path_ = (std::filesystem::temp_directory_path() / fmt::format("laconic-host-{}.sock", ::getpid())).string();
  std::memset(name.sun_path, 0, sizeof name.sun_path);
  std::memcpy(name.sun_path, path_.data(), path_.size());
  ::unlink(path_.c_str());
  listening_.push_back(bound(AF_UNIX, SOCK_STREAM, reinterpret_cast<sockaddr*>(&name), sizeof name));
  ::chmod(path_.c_str(), 0777);

  ifaddrs* interfaces = nullptr;
  if (::getifaddrs(&interfaces) == 0) {
    for (const ifaddrs* i = interfaces; i; i = i->ifa_next) {
      char text[INET_ADDRSTRLEN] = "";
      if (i->ifa_addr && i->ifa_addr->sa_family == AF_INET && ::inet_ntop(AF_INET, &reinterpret_cast<sockaddr_in*>(i->ifa_addr)->sin_addr, text, sizeof text))
        addresses_.push_back(text);
    }
    ::freeifaddrs(interfaces);
  }
}

HostListeners::~HostListeners() {
  for (const int fd : listening_) ::close(fd);
  for (const int fd : datagrams_) ::close(fd);
  ::unlink(path_.c_str());
}

int HostListeners::visitors() {
  int count = 0;
  for (const int fd : listening_)
    for (int peer; (peer = ::accept4(fd, nullptr, nullptr, SOCK_CLOEXEC)) >= 0; ++count) ::close(peer);
  char byte;
  for (const int fd : datagrams_)
    while (::recv(fd, &byte, 1, 0) >= 0) ++count;
  return count;
}

}  // namespace laconic::sandbox::attacks
