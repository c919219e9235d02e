#include "sandbox/attempt.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <set>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "sandbox/frame.h"

namespace laconic::sandbox {
namespace {

constexpr double kCompanyFactor = 1.2;   // of the CPU limit, when others run beside it
constexpr double kBeyondWall = 90;       // seconds until a launcher that keeps silent is given up

double wall_limit(const Limits& limits) { return limits.wall_seconds > 0 ? limits.wall_seconds : 3 * limits.cpu_seconds + 2; }

std::string read_collected(int fd, std::int64_t limit) {
  std::string bytes;
  struct stat info {};
  if (fstat(fd, &info) != 0) return bytes;
  bytes.resize(std::min<std::int64_t>(info.st_size, limit));
  std::size_t at = 0;
  while (at < bytes.size()) {
    const ssize_t size = pread(fd, bytes.data() + at, bytes.size() - at, static_cast<off_t>(at));
    if (size <= 0) break;
    at += size;
  }
  bytes.resize(at);
  return bytes;
}

Error bad(const std::string& what) { return Error("the sandbox's spec: " + what, "sandbox"); }

void need_name(const std::string& name) {
  if (name.empty() || name == "." || name == ".." || name.size() > 255 || name.find('/') != std::string::npos || name.find('\0') != std::string::npos)
    throw bad("`" + name + "` is no plain file name");
}

}  // namespace

void check(const Spec& spec) {
  if (spec.argv.empty() || spec.argv[0].empty()) throw bad("argv is empty");
  std::set<std::string> names;
  for (const InputFile& file : spec.files) {
    need_name(file.name);
    if (!names.insert(file.name).second) throw bad("file `" + file.name + "` twice");
    if (!file.content) throw bad("file `" + file.name + "` has no content");
  }
  for (const std::string& name : spec.collect) need_name(name);
  for (const std::string& entry : spec.environment)
    if (entry.find('=') == std::string::npos || entry[0] == '=') throw bad("environment `" + entry + "` is not NAME=value");
  std::set<int> numbers;
  if (spec.capture_result) numbers.insert(3);
  for (const Spec::Passed& passed : spec.passed) {
    if (passed.inside < 0 || passed.inside >= kMaxInside) throw bad("descriptor number " + std::to_string(passed.inside) + " inside is not in 0 … 63");
    if (!numbers.insert(passed.inside).second) throw bad("descriptor number " + std::to_string(passed.inside) + " inside twice");
    if (fcntl(passed.ours, F_GETFD) < 0) throw bad("passed descriptor " + std::to_string(passed.ours) + " is not open");
  }
  const Limits& l = spec.limits;
  if (!(l.cpu_seconds > 0 && l.cpu_seconds < 1e7 && l.wall_seconds >= 0 && l.wall_seconds < 1e8)) throw bad("time limits must be positive");
  if (l.memory_bytes < (1 << 20)) throw bad("memory limit below 1 MiB");
  if (l.processes < 1 || l.files < 1 || l.open_files < 8) throw bad("limits: processes and files at least 1, open files at least 8");
  for (const std::int64_t bytes : {l.stdout_bytes, l.stderr_bytes, l.result_bytes, l.file_bytes})
    if (bytes < 0) throw bad("negative limit");
}

Attempt::Attempt(std::shared_ptr<Connection> connection, const Spec& spec, bool exact) : connection_(std::move(connection)), limits_(spec.limits) {
  limits_.wall_seconds = wall_limit(limits_);
  Request request;
  request.interpreter = spec.interpreter;
  request.internet_sockets = spec.internet_sockets;
  request.argv = spec.argv;
  request.environment = spec.environment;
  request.collect = spec.collect;
  request.limits = limits_;
  request.cpu_stop = limits_.cpu_seconds * (exact ? 1 : kCompanyFactor);
  for (const ReadOnlyPath& path : spec.paths) request.paths.push_back({path.host, path.inside.empty() ? path.host : path.inside});

  int pair[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) throw Error(std::string("socketpair: ") + std::strerror(errno), "sandbox");
  reply_ = pair[0];
  given_.push_back(pair[1]);
  std::vector<int> descriptors = {pair[1]};
  const auto passed = [&](int number) {
    return std::any_of(spec.passed.begin(), spec.passed.end(), [&](const Spec::Passed& p) { return p.inside == number; });
  };
  const auto give = [&](int number, int fd) {
    request.inside.push_back(number);
    descriptors.push_back(fd);
  };
  if (spec.input && !passed(0)) {  // opened anew: a position of its own
    const int input = open(("/proc/self/fd/" + std::to_string(spec.input->fd())).c_str(), O_RDONLY | O_CLOEXEC);
    if (input < 0) throw Error(std::string("the input cannot be opened: ") + std::strerror(errno), "sandbox");
    given_.push_back(input);
    give(0, input);
  }
  const auto stream = [&](int number, std::int64_t limit, bool fatal) {
    add_stream(number, limit, fatal);
    give(number, given_.back());
  };
  if (!passed(1)) stream(1, limits_.stdout_bytes, true);
  if (!passed(2)) stream(2, limits_.stderr_bytes, false);
  if (spec.capture_result) stream(3, limits_.result_bytes, true);
  for (const Spec::Passed& p : spec.passed) give(p.inside, p.ours);
  for (const InputFile& file : spec.files) {
    request.files.push_back({file.name, file.content->size(), file.executable});
    descriptors.push_back(file.content->fd());
  }

  const std::string frame = encode(request);
  if (!decode_request(frame)) throw bad("too long, or a path that is not absolute and plain (" + std::to_string(frame.size()) + " bytes of at most " + std::to_string(kMaxFrame) + ")");
  launcher_ = connection_->send(frame, descriptors);
  for (const int fd : std::exchange(given_, {})) close(fd);
}

Attempt::~Attempt() {
  if (reply_ >= 0) close(reply_);  // ends the run if it still lives
  for (const Stream& stream : streams_)
    if (stream.fd >= 0) close(stream.fd);
  for (const int fd : given_) close(fd);
}

void Attempt::add_stream(int number, std::int64_t limit, bool fatal) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw Error(std::string("pipe: ") + std::strerror(errno), "sandbox");
  fcntl(ends[0], F_SETFL, O_NONBLOCK);  // ours alone: the program's end blocks as usual
  streams_.push_back({.number = number, .fd = ends[0], .limit = limit, .fatal = fatal});
  given_.push_back(ends[1]);
}

void Attempt::kill() { shutdown(reply_, SHUT_WR); }

// What is there now. Beyond the limit a fatal stream ends the run; another is read and forgotten.
void Attempt::read_stream(Stream& stream) {
  char buffer[65536];
  for (;;) {
    const ssize_t size = read(stream.fd, buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (size <= 0) break;
    const std::int64_t room = stream.limit - static_cast<std::int64_t>(stream.bytes.size());
    stream.bytes.append(buffer, std::min<std::int64_t>(size, room));
    if (size <= room) continue;
    stream.cut = true;
    if (!stream.fatal) return;  // once around: the program may write faster than we forget
    output_ended_it_ = stream.stopped = true;
    return kill();
  }
  close(stream.fd);
  stream.fd = -1;
}

// True when the run is over.
bool Attempt::read_reply(Report& report) {
  std::vector<char> buffer(kMaxFrame);
  std::vector<int> descriptors;
  const long size = receive_message(reply_, buffer.data(), buffer.size(), descriptors, false);
  if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return false;
  const auto reply = size > 0 ? decode_reply({buffer.data(), static_cast<std::size_t>(size)}) : std::nullopt;
  bool over = true;
  if (!reply || descriptors.size() != reply->collected.size()) {
    report.end = End::kFault;
    report.fault = "the sandbox launcher died during the run";
    connection_->give_up(launcher_, false);
  } else if (reply->kind == Reply::Kind::kStarted) {
    over = false;
  } else {
    report = reply->report;
    for (std::size_t i = 0; i < descriptors.size(); ++i)
      report.collected.emplace_back(reply->collected[i], read_collected(descriptors[i], limits_.file_bytes));
  }
  for (const int fd : descriptors) close(fd);
  return over;
}

Report Attempt::finish() {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + std::chrono::duration<double>(limits_.wall_seconds + kBeyondWall);
  Report report;
  for (bool over = false; !over;) {
    std::vector<pollfd> entries = {{reply_, POLLIN, 0}};
    for (const Stream& stream : streams_) entries.push_back({stream.stopped ? -1 : stream.fd, POLLIN, 0});  // -1: ignored
    const double left = std::chrono::duration<double>(deadline - Clock::now()).count();
    if (left <= 0) {
      connection_->give_up(launcher_, true);
      report.fault = "the sandbox launcher did not answer in time";
      break;
    }
    poll(entries.data(), entries.size(), static_cast<int>(std::min(left * 1000 + 1, 60'000.0)));
    // The streams first: what the run wrote before its end is in them when the reply is.
    for (std::size_t i = 0; i < streams_.size(); ++i)
      if (entries[i + 1].revents) read_stream(streams_[i]);
    if (entries[0].revents) over = read_reply(report);
  }
  for (Stream& stream : streams_) {
    if (stream.fd >= 0 && !stream.stopped) read_stream(stream);
    (stream.number == 1 ? report.out : stream.number == 2 ? report.err : report.result) = std::move(stream.bytes);
    (stream.number == 1 ? report.out_cut : stream.number == 2 ? report.err_cut : report.result_cut) = stream.cut;
  }
  if (output_ended_it_ && (report.end == End::kExited || report.end == End::kSignaled)) {
    report.end = End::kOutput;
    report.exit_code = report.signal = 0;
  }
  return report;
}

}  // namespace laconic::sandbox
