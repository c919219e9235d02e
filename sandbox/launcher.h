// The launcher's loop: requests in, runs followed, reports out.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <sys/resource.h>

#include "sandbox/run.h"
#include "sandbox/zygote.h"

namespace laconic::sandbox {

class Launcher {
 public:
  // `python`: the warm interpreter's command; `imports`: its modules.
  Launcher(Policy policy, std::unique_ptr<GroupMaker> groups, std::vector<std::string> python, std::vector<std::string> imports);
  ~Launcher();  // ends every run and every process of ours

  // Runs nothing, with everything that a run has: what fails here fails always. Empty, or why not.
  std::string trial();

  void warm_up();  // starts the interpreter before it is needed, without waiting for it

  // Serves `control` until its other end is closed.
  void serve(int control);

 private:
  using PlacePtr = std::unique_ptr<Place>;

  void pump();                       // waits for what happens next, and handles it
  void on_control();
  void on_client_gone(Run& run);
  void on_child_signal();
  void claim(pid_t pid);
  void on_reaped(pid_t pid, int status, const rusage& usage);
  void on_notices(Place& place, bool python);
  void on_notice(Place& place, bool python, const Notice& notice, pid_t sender, std::vector<int>& descriptors);
  void know_init(Run& run, pid_t pid);
  void accept(std::string_view frame, std::vector<int> descriptors);
  void begin(Run& run);              // throws Error
  Place& free_place();               // throws Error
  void hand_to_keeper(Run& run);     // throws Error
  void hand_to_branch(Run& run);     // throws Error
  void measure(int count, int reply);
  void finish_those_over();
  void finish(Run& run);
  void discard(Place& place);
  void watch(int fd, void* owner, int kind);

  Policy policy_;
  std::unique_ptr<GroupMaker> groups_;
  long first_user_;
  int epoll_ = -1, signals_ = -1, control_ = -1;
  bool closing_ = false;
  std::vector<char> buffer_;
  Zygote zygote_;
  std::list<PlacePtr> places_;
  std::list<std::unique_ptr<Run>> runs_;
  int places_made_ = 0;
  std::int64_t next_look_ = 0;
  // Children that were reaped before the keeper's notice told whose they are.
  struct Reaped {
    int status;
    rusage usage;
  };
  std::map<pid_t, Reaped> unclaimed_;
  Reply last_;                       // of the trial
};

}  // namespace laconic::sandbox
