// A child process with pipes at its standard streams.
//
// It leads a process group of its own, sees none of our other descriptors, has default signal
// handling, and is killed by the kernel when the thread that started it ends: so one thread starts
// all children and outlives them. Our ends of the pipes never block.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace laconic::verifiers::custom {

// An owned file descriptor.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor() { close(); }
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  int release();
  void close();

 private:
  int fd_;
};

struct Pipe {
  Descriptor read, write;
  static Pipe make();  // close-on-exec; throws Error
};
void make_nonblocking(int fd);

struct Launch {
  std::vector<std::string> command;      // the program is looked up in PATH unless it holds a '/'
  std::string cwd;                       // empty: ours
  std::vector<std::string> environment;  // "NAME=value", over ours
};

// What the owner of a running process needs of it, whoever started it.
class Child {
 public:
  virtual ~Child() = default;            // kills and reaps
  // How it ended ("exit code 3", "signal 9 (Killed)"), or nullopt while it runs.
  virtual std::optional<std::string> ended() = 0;
  virtual void kill() = 0;               // the whole group; ended() tells soon after
  virtual int exit_fd() const = 0;       // readable once it has ended; −1: ask ended() now and then
  virtual pid_t pid() const = 0;

  Descriptor in, out, err;               // our ends
};

// Throws Error: not found, not executable, no such folder, no resources.
std::unique_ptr<Child> start_child(const Launch& launch);

// The file that would be executed; throws Error when there is none.
std::string find_program(const std::string& name, const std::string& cwd);

std::string exit_text(int wait_status);

}  // namespace laconic::verifiers::custom
