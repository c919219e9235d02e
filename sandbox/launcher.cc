#include "sandbox/launcher.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/epoll.h>
#include <sys/mount.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "sandbox/kill_one.h"
#include "base/file.h"
#include "sandbox/kill_one.h"

namespace laconic::sandbox {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::int64_t kLookNs = 8 * kMillisecond;  // between two looks at a run's usage

// Executed by the trial with "--nothing", which it heeds or does not mind.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr const char* kHarmless = "/usr/bin/true";  // a sanitizer's own start is nothing that a run allows
#else
constexpr const char* kHarmless = "/proc/self/exe";
#endif

// What an event of the poll set is about: kept in the low bits of the owner's pointer.
enum Kind : std::uintptr_t { kControl, kSignals, kChannel, kBranch, kReply, kListener };
constexpr std::uintptr_t kKindMask = 7;

// A copy of the host's tree below `path`, read-only, attached nowhere yet.
int detached_copy(const std::string& path) {
  const int fd = static_cast<int>(syscall(SYS_open_tree, AT_FDCWD, path.c_str(), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE));
  if (fd < 0) throw Error("the read-only path " + path + " cannot be given: " + std::strerror(errno), "sandbox");
  mount_attr set{};
  set.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
  set.propagation = MS_PRIVATE;
  if (syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH | AT_RECURSIVE, &set, sizeof set) == 0) return fd;
  const std::string reason = std::strerror(errno);
  close(fd);
  throw Error("the read-only path " + path + " cannot be made read-only: " + reason, "sandbox");
}

void close_all(std::vector<int>& descriptors) {
  for (const int fd : descriptors) close(fd);
  descriptors.clear();
}

}  // namespace

Launcher::Launcher(Policy policy, std::unique_ptr<GroupMaker> groups, std::vector<std::string> python, std::vector<std::string> imports)
    : policy_(std::move(policy)),
      groups_(std::move(groups)),
      first_user_(first_user()),
      buffer_(kMaxFrame),
      zygote_(std::move(python), std::move(imports)) {
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  sigprocmask(SIG_BLOCK, &child, nullptr);
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  signals_ = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
  if (epoll_ < 0 || signals_ < 0) throw Error(std::string("the launcher cannot poll: ") + std::strerror(errno), "sandbox");
  watch(signals_, nullptr, kSignals);
}

Launcher::~Launcher() {
  for (const auto& run : runs_) run->kill(Run::Cause::kUnwanted);
  zygote_.end();
  places_.clear();
  while (waitpid(-1, nullptr, __WALL) > 0 || errno == EINTR) {}
  runs_.clear();
  close(epoll_);
  close(signals_);
}

void Launcher::watch(int fd, void* owner, int kind) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = reinterpret_cast<std::uintptr_t>(owner) | static_cast<std::uintptr_t>(kind);
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) throw Error(std::string("epoll_ctl: ") + std::strerror(errno), "sandbox");
}

void Launcher::warm_up() {
  try {
    zygote_.start(policy_);
  } catch (const Error&) {
    // The first run that needs it tries again and reports.
  }
}

void Launcher::serve(int control) {
  control_ = control;
  watch(control, nullptr, kControl);
  while (!closing_) pump();
}

std::string Launcher::trial() {
  Request request;
  request.argv = {"/box/trial", "--nothing"};
  request.files.push_back({"trial", 0, true});
  request.limits.cpu_seconds = request.cpu_stop = 5;
  request.limits.wall_seconds = 15;
  // From a sealed file: Landlock would not let a file of the host's tree be executed.
  const auto self = SealedFile::of(read_file(kHarmless));
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) return std::string("socketpair: ") + std::strerror(errno);
  last_ = {};
  last_.report.fault = "the trial run was not accepted";
  accept(encode(request), {pair[0], fcntl(self->fd(), F_DUPFD_CLOEXEC, 0)});
  while (!runs_.empty()) pump();
  close(pair[1]);
  const Report& report = last_.report;
  if (report.end == End::kFault) return report.fault;
  if (report.end == End::kExited && report.exit_code == 0) return {};
  return "a trial run that should do nothing ended otherwise: " + std::string(name_of(report.end)) + " " +
         (report.end == End::kDenied ? report.denied_call : std::to_string(report.end == End::kSignaled ? report.signal : report.exit_code));
}

void Launcher::pump() {
  int timeout = -1;
  if (!runs_.empty()) timeout = static_cast<int>(std::clamp<std::int64_t>((next_look_ - clock_ns()) / kMillisecond, 0, 10));
  epoll_event events[64];
  const int count = epoll_wait(epoll_, events, 64, timeout);
  // Reports are made, and objects destroyed, only after all events that may name them were handled.
  for (int i = 0; i < count; ++i) {
    const auto kind = static_cast<Kind>(events[i].data.u64 & kKindMask);
    void* owner = reinterpret_cast<void*>(events[i].data.u64 & ~kKindMask);
    if (kind == kControl) on_control();
    if (kind == kSignals) on_child_signal();
    if (kind == kChannel || kind == kBranch) on_notices(*static_cast<Place*>(owner), kind == kBranch);
    if (kind == kReply) on_client_gone(*static_cast<Run*>(owner));
    if (kind == kListener && static_cast<Run*>(owner)->listener >= 0) static_cast<Run*>(owner)->on_listener(events[i].events & EPOLLIN);
  }
  const std::int64_t now = clock_ns();
  if (now >= next_look_) {
    for (const auto& run : runs_) run->look(now);
    next_look_ = clock_ns() + kLookNs;
  }
  finish_those_over();
}

void Launcher::on_client_gone(Run& run) {
  epoll_ctl(epoll_, EPOLL_CTL_DEL, run.reply, nullptr);
  run.kill(Run::Cause::kUnwanted);
}

void Launcher::on_control() {
  std::vector<int> descriptors;
  const long size = receive_message(control_, buffer_.data(), buffer_.size(), descriptors, false);
  if (size == 0) closing_ = true;
  if (size > 0) accept({buffer_.data(), static_cast<std::size_t>(size)}, std::move(descriptors));
}

void Launcher::accept(std::string_view frame, std::vector<int> descriptors) {
  if (const auto count = decode_measure(frame); count && descriptors.size() == 1) {
    measure(*count, descriptors[0]);
    return close_all(descriptors);
  }
  auto request = decode_request(frame);
  if (!request || descriptors.size() != request->client_descriptors()) {
    Reply refused;
    refused.report.fault = "a malformed request";
    if (!descriptors.empty()) send_message(descriptors[0], encode(refused), nullptr, 0, false);
    return close_all(descriptors);
  }
  auto run = std::make_unique<Run>();
  run->request = std::move(*request);
  if (run->request.interpreter == Interpreter::kPython)
    for (const std::string& folder : zygote_.folders()) run->request.paths.push_back({folder, folder});
  run->reply = descriptors[0];
  run->descriptors.assign(descriptors.begin() + 1, descriptors.end());
  run->asked_at = clock_ns();
  Run& begun = *run;
  runs_.push_back(std::move(run));
  if (runs_.size() == 1) next_look_ = begun.asked_at + kLookNs;
  try {
    begin(begun);
  } catch (const Error& error) {
    begun.kill(Run::Cause::kFault, error.message());
    begun.init_dead = true;
  }
}

Place& Launcher::free_place() {
  for (const PlacePtr& place : places_)
    if (!place->run && !place->doubtful) return *place;
  places_.push_back(make_place(places_made_++, first_user_, policy_, groups_.get()));
  watch(places_.back()->channel, places_.back().get(), kChannel);
  return *places_.back();
}

void Launcher::begin(Run& run) {
  if (run.reply >= 0) watch(run.reply, &run, kReply);
  Place* place = &free_place();
  try {
    if (place->group) place->group->begin(run.request.limits.memory_bytes, run.request.limits.processes);
  } catch (const Error&) {  // pages of the run before, held by nobody, are still charged and leave no room for a lower limit
    discard(*place);
    place = &free_place();
    if (place->group) place->group->begin(run.request.limits.memory_bytes, run.request.limits.processes);
  }
  place->run = &run;
  run.place = place;
  hand_to_keeper(run);
}

void Launcher::hand_to_keeper(Run& run) {
  std::vector<int> mounts;
  try {
    for (const ReadOnlyPath& path : run.request.paths) mounts.push_back(detached_copy(path.host));
    std::vector<int> all = run.descriptors;
    all.insert(all.end(), mounts.begin(), mounts.end());
    if (!send_message(run.place->channel, encode(run.request), all.data(), all.size()))
      throw Error(std::string("the keeper does not take the request: ") + std::strerror(errno), "sandbox");
    run.keeper_owes = true;
  } catch (...) {
    close_all(mounts);
    throw;
  }
  close_all(mounts);
  if (run.request.interpreter == Interpreter::kNone) close_all(run.descriptors);
}

// The namespaces stand: the warm interpreter's branch of this place, in its group and under its user,
// gives birth to the program's process there.
void Launcher::hand_to_branch(Run& run) {
  Place& place = *run.place;
  if (place.python < 0) {
    place.python = zygote_.branch(policy_, place.user, place.keeper, place.python_channel);
    if (place.group) place.group->enter(place.python);
    if (!send_message(place.python_channel, "g", nullptr, 0)) throw Error("the warm interpreter's branch died at once", "sandbox");
    watch(place.python_channel, &place, kBranch);
  }
  std::vector<int> all = run.namespaces;
  all.insert(all.end(), run.descriptors.begin(), run.descriptors.begin() + run.request.inside.size());
  if (!send_message(place.python_channel, encode(run.request), all.data(), all.size()))
    throw Error(std::string("the warm interpreter's branch does not take the request: ") + std::strerror(errno), "sandbox");
  run.branch_owes = true;
  close_all(run.namespaces);
  close_all(run.descriptors);
}

void Launcher::measure(int count, int reply) {
  Reply answer;
  try {
    answer.report.wall_seconds = zygote_.bare_fork_seconds(policy_, count);
    answer.report.end = End::kExited;
  } catch (const Error& error) {
    answer.report.fault = error.message();
  }
  send_message(reply, encode(answer), nullptr, 0, false);
}

void Launcher::on_notices(Place& place, bool python) {
  Notice notice;
  std::vector<int> descriptors;
  for (;;) {
    pid_t sender = -1;
    const long size = receive_message(python ? place.python_channel : place.channel, reinterpret_cast<char*>(&notice), sizeof notice, descriptors, false, &sender);
    if (size == static_cast<long>(sizeof notice)) {
      if (place.run) on_notice(place, python, notice, sender, descriptors);
      close_all(descriptors);
      continue;
    }
    close_all(descriptors);
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    discard(place);  // the keeper or the branch is gone
    return;
  }
}

void Launcher::discard(Place& place) {
  if (place.doubtful) return;
  place.doubtful = true;
  epoll_ctl(epoll_, EPOLL_CTL_DEL, place.channel, nullptr);
  if (place.python_channel >= 0) epoll_ctl(epoll_, EPOLL_CTL_DEL, place.python_channel, nullptr);
  if (!place.run) return;
  Run& run = *place.run;
  // Memory that no process's end frees (files in the box) can make the kernel take the keeper as well.
  if (place.group && place.group->out_of_memory()) run.kill(Run::Cause::kMemory);
  else run.kill(Run::Cause::kFault, "a keeper of the run's place died");
  run.keeper_owes = run.branch_owes = false;
  if (run.init < 0) run.init_dead = true;  // it ends when its first notice finds nobody, before the program is there
}

// By the keeper's word or init's own, whichever is read first.
void Launcher::know_init(Run& run, pid_t pid) {
  if (run.init > 0 || pid <= 1) return;
  run.init = pid;
  claim(pid);
  if (run.killed_at != 0) run.kill(run.cause);
  else if (run.ended_at != 0 && !run.init_dead) kill_one(pid);
}

void Launcher::on_notice(Place& place, bool python, const Notice& notice, pid_t sender, std::vector<int>& descriptors) {
  Run& run = *place.run;
  const bool from_keeper = sender > 0 && sender == place.keeper, from_branch = sender > 0 && sender == place.python;
  if (from_keeper) run.keeper_owes = false;
  if (from_branch) run.branch_owes = false;
  const auto take = [&](std::size_t i) { return i < descriptors.size() ? std::exchange(descriptors[i], -1) : -1; };
  switch (notice.kind) {
    case Notice::kCloned:
      run.set_up_cpu_ns += place.group ? notice.ns : 0;
      know_init(run, notice.pid);
      if (run.program > 0 && run.program_dead && !run.init_dead) kill_one(run.init);  // over before its init was known
      break;
    case Notice::kBranched:
      run.program = notice.pid;
      run.program_dead = false;
      run.set_up_cpu_ns += place.group ? notice.ns : 0;
      claim(run.program);
      if (run.killed_at != 0) run.kill(run.cause);
      break;
    case Notice::kReady: {
      know_init(run, sender);
      run.set_up_cpu_ns += notice.ns;
      run.proc = take(0);
      std::size_t next = 1;
      if (!run.request.collect.empty() || policy_.level != 'A') run.box = take(next++);
      run.watch = std::make_unique<Watch>(run.proc, run.box);
      for (; next < descriptors.size(); ++next) run.namespaces.push_back(take(next));
      if (run.request.interpreter == Interpreter::kPython && run.killed_at == 0) try {
          hand_to_branch(run);
        } catch (const Error& error) {
          run.kill(Run::Cause::kFault, error.message());
        }
      break;
    }
    case Notice::kStarted:
      run.set_up_cpu_ns += notice.ns;
      run.started_at = notice.at;
      run.listener = take(0);
      if (run.listener >= 0) watch(run.listener, &run, kListener);
      {
        Reply started;
        started.kind = Reply::Kind::kStarted;
        started.report.level = policy_.level;
        if (run.reply >= 0) send_message(run.reply, encode(started), nullptr, 0, false);
      }
      break;
    case Notice::kExited:
      run.status = notice.status;
      run.ended_at = notice.at;
      break;
    case Notice::kNotRunnable:
      run.not_runnable = true;
      break;
    case Notice::kFailed: {
      const std::string step(notice.step, strnlen(notice.step, sizeof notice.step));
      run.kill(Run::Cause::kFault, step + (notice.status ? std::string(": ") + std::strerror(notice.status) : ""));
      if (from_keeper) run.init_dead = true;  // it could not even clone
      else if (!python) know_init(run, sender);
      break;
    }
  }
  for (int& fd : descriptors)
    if (fd >= 0) close(fd);
  descriptors.clear();
}

void Launcher::on_child_signal() {
  signalfd_siginfo info;
  while (read(signals_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {}
  int status = 0;
  rusage usage{};
  for (pid_t pid; (pid = wait4(-1, &status, WNOHANG | __WALL, &usage)) > 0;) on_reaped(pid, status, usage);
}

// A child that was reaped before the notice told whose it was.
void Launcher::claim(pid_t pid) {
  const auto early = unclaimed_.find(pid);
  if (early == unclaimed_.end()) return;
  const Reaped reaped = early->second;
  unclaimed_.erase(early);
  on_reaped(pid, reaped.status, reaped.usage);
}

void Launcher::on_reaped(pid_t pid, int status, const rusage& usage) {
  for (const auto& run : runs_) {
    if (pid != run->init && pid != run->program) continue;
    run->add_reaped(usage);
    if (pid == run->program) {
      on_notices(*run->place, true);  // what it said before it died
      run->program_ended(status);
    } else {
      on_notices(*run->place, false);
      run->init_dead = true;
    }
    return;
  }
  for (const PlacePtr& place : places_)
    if (pid == place->keeper || pid == place->python) {
      on_notices(*place, pid == place->python);  // what was said before
      (pid == place->keeper ? place->keeper : place->python) = -1;
      return discard(*place);
    }
  if (pid == zygote_.pid()) return zygote_.died();  // its branches live on
  unclaimed_[pid] = {status, usage};
}

void Launcher::finish_those_over() {
  for (auto run = runs_.begin(); run != runs_.end();) {
    if ((*run)->over()) {
      finish(**run);
      run = runs_.erase(run);
    } else {
      ++run;
    }
  }
  if (runs_.empty()) unclaimed_.clear();
  places_.remove_if([](const PlacePtr& place) { return place->doubtful && !place->run; });
}

void Launcher::finish(Run& run) {
  std::vector<int> collected;
  Reply reply;
  if (run.place) {
    reply = run.finish(policy_.level, collected);
    run.place->run = nullptr;
    if (reply.report.end == End::kFault) discard(*run.place);  // whatever it was, the next run begins elsewhere
  } else {
    reply.report.fault = run.fault;
    reply.report.level = policy_.level;
  }
  last_ = reply;
  if (run.reply >= 0) send_message(run.reply, encode(reply), collected.data(), collected.size(), false);
  close_all(collected);
}

}  // namespace laconic::sandbox
