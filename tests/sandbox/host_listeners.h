// Somebody on the machine who listens: a TCP and a UDP port on every address, an abstract and a path socket. No
// sandboxed program may reach any of them.
#pragma once

#include <string>
#include <vector>

namespace laconic::sandbox::attacks {

class HostListeners {
 public:
  HostListeners();
  ~HostListeners();
  HostListeners(const HostListeners&) = delete;

  int port() const { return port_; }
  const std::string& abstract_name() const { return abstract_; }  // without the leading NUL
  const std::string& path() const { return path_; }
  const std::vector<std::string>& addresses() const { return addresses_; }  // of this machine's interfaces
  int visitors();                                                  // connections and datagrams since the last call

 private:
  int port_ = 0;
  std::string abstract_, path_;
  std::vector<std::string> addresses_;
  std::vector<int> listening_, datagrams_;
};

}  // namespace laconic::sandbox::attacks
