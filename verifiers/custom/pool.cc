#include "verifiers/custom/pool.h"

#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <condition_variable>
#include <cstdio>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include <fmt/format.h>

#include "base/error.h"
#include "verifiers/custom/worker.h"

namespace laconic::verifiers::custom {
namespace {

constexpr int kMostFaults = 2;        // of one request: it is tried twice
constexpr int kMostFailedStarts = 2;  // in a row
constexpr double kGoodbyeSeconds = 0.5;

double now() { return Clock::system().now(); }

// One request on its way: one answer, or a whole group.
struct Job {
  std::uint64_t id = 0;
  std::string line, label;
  std::size_t items = 1;
  bool group = false;
  std::vector<Verdict> verdicts;
  bool done = false, alone = false, abandoned = false;
  int faults = 0;
  std::string trouble;  // the last fault
  double sent_at = 0;
};

std::vector<Verdict> failed(std::size_t count, const std::string& why) {
  Verdict verdict;
  verdict.explanation = valid_text(why);
  return std::vector<Verdict>(count, verdict);
}

}  // namespace

class Pool::Impl {
 public:
  Impl(Start start, PoolLimits limits, Reasoning reasoning) : start_(std::move(start)), limits_(limits), reasoning_(reasoning) {}

  ~Impl() {
    {
      std::lock_guard lock(mutex_);
      stop_ = true;
      wake();
    }
    if (thread_.joinable()) thread_.join();
    if (wake_ >= 0) ::close(wake_);
  }

  std::vector<Verdict> run(std::span<const VerifyRequest> requests, const Pace& pace, const Clock& clock) {
    if (requests.empty()) return {};
    const double end = pace.deadline_seconds > 0 ? clock.now() + pace.deadline_seconds : std::numeric_limits<double>::infinity();
    std::unique_lock lock(mutex_);
    begin();
    if (!hello_) {  // it says whether groups are taken
      const int failures = start_failures_told_;
      hello_wanted_ = true;
      wake();
      const bool in_time = wait(lock, pace, clock, end, [&] { return hello_ || start_failures_told_ != failures; });
      if (!hello_) return failed(requests.size(), in_time ? start_trouble_ : "not judged: the verifier had not started when the lease's deadline passed");
    }
    const Hello hello = *hello_;
    std::uint64_t id = next_id_;
    const std::size_t size = hello.groups ? requests.size() : 1;
    next_id_ += requests.size() / size;
    lock.unlock();

    std::vector<std::shared_ptr<Job>> jobs;
    for (std::size_t at = 0; at < requests.size(); at += size) {
      auto job = std::make_shared<Job>();
      job->id = id++;
      job->items = size;
      job->group = hello.groups;
      job->label = requests[at].id;
      job->line = write_request(job->id, requests.subspan(at, size), hello.groups, reasoning_);
      jobs.push_back(std::move(job));
    }

    lock.lock();
    waiting_.insert(waiting_.end(), jobs.begin(), jobs.end());
    wake();
    const auto all_done = [&] { return std::all_of(jobs.begin(), jobs.end(), [](const auto& job) { return job->done; }); };
    wait(lock, pace, clock, end, all_done);
    std::vector<Verdict> verdicts;
    for (const auto& job : jobs) {
      if (!job->done) {
        job->abandoned = true;
        std::erase(waiting_, job);
        job->verdicts = failed(job->items, fmt::format("not judged: the lease's deadline of {:g} s had passed", pace.deadline_seconds));
      }
      verdicts.insert(verdicts.end(), job->verdicts.begin(), job->verdicts.end());
    }
    return verdicts;
  }

 private:
  // ---- any thread, with the lock ----------------------------------------------------------------

  void begin() {
    if (thread_.joinable()) return;
    wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (wake_ < 0) throw Error("cannot make an eventfd for the verifier's process");
    thread_ = std::thread([this] { loop(); });
  }

  void wake() {
    const std::uint64_t one = 1;
    if (wake_ >= 0) [[maybe_unused]] const auto ignored = ::write(wake_, &one, sizeof one);
  }

  template <class Done>
  bool wait(std::unique_lock<std::mutex>& lock, const Pace& pace, const Clock& clock, double end, const Done& done) {
    while (!done()) {
      const double left = end - clock.now();
      if (left <= 0) return false;
      changed_.wait_for(lock, std::chrono::duration<double>(std::min(left, 1.0)));
      if (!pace.pulse || done()) continue;
      lock.unlock();
      pace.pulse();
      lock.lock();
    }
    return true;
  }

  // ---- the pool's thread ------------------------------------------------------------------------

  void loop() {
    sigset_t pipe;
    ::sigemptyset(&pipe);
    ::sigaddset(&pipe, SIGPIPE);  // writing to a dead process is an error code, not our death
    ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    std::unique_lock lock(mutex_);
    while (!stop_) {
      staff();
      send();
      lock.unlock();
      sleep();
      lock.lock();
      std::uint64_t count;
      [[maybe_unused]] const auto ignored = ::read(wake_, &count, sizeof count);
      tend(active_, true);
      tend(spare_, false);
      check_deadlines();
      changed_.notify_all();
    }
    lock.unlock();
    say_goodbye();
  }

  // Starts what is missing.
  void staff() {
    const auto wanted = [&] { return hello_wanted_ || !waiting_.empty(); };
    if (!active_ && wanted()) active_ = std::move(spare_);
    while (!active_ && wanted()) hire(active_, true);  // ends: failed starts clear what wants one
    if (active_ && answered_ && limits_.spare && !spare_ && !spare_failed_) hire(spare_, false);
  }

  void hire(std::unique_ptr<Worker>& seat, bool active) {
    try {
      seat = std::make_unique<Worker>(start_(), now() + limits_.start_seconds);
    } catch (const Error& error) {
      if (active) start_failed(error.message());
      else spare_failed_ = true;
    }
  }

  void send() {
    if (!active_ || !active_->ready()) return;
    if (active_->hello().groups != hello_->groups) return lose("its hello differs from the first process's in `groups`", false);
    const int asked = active_->hello().in_flight;
    const std::size_t most = static_cast<std::size_t>(limits_.in_flight > 0 ? std::min(limits_.in_flight, asked) : asked);
    while (!waiting_.empty()) {
      const std::shared_ptr<Job> job = waiting_.front();
      const bool suspect_at_work = std::any_of(sent_.begin(), sent_.end(), [](const auto& entry) { return entry.second->alone; });
      if (suspect_at_work || sent_.size() >= (job->alone ? 1 : most)) return;
      waiting_.pop_front();
      job->sent_at = now();
      active_->send(job->line);
      sent_[job->id] = job;
    }
  }

  void sleep() {
    std::vector<pollfd> polls = {{wake_, POLLIN, 0}};
    double until = std::numeric_limits<double>::infinity();
    for (const Worker* worker : {active_.get(), spare_.get()}) {
      if (!worker) continue;
      worker->add_polls(polls);
      if (!worker->ready()) until = std::min(until, worker->hello_by());
      if (worker->needs_ticks()) until = std::min(until, now() + 0.1);
    }
    for (const auto& [id, job] : sent_) until = std::min(until, job->sent_at + limits_.request_seconds);
    const int ms = std::isinf(until) ? -1 : static_cast<int>(std::clamp(std::ceil((until - now()) * 1e3), 0.0, 3.6e6));
    ::poll(polls.data(), polls.size(), ms);
  }

  void tend(std::unique_ptr<Worker>& worker, bool active) {
    if (!worker) return;
    worker->ended();
    const std::vector<std::string> lines = worker->pump();
    if (active && worker->ready() && !hello_) hello_ = worker->hello();
    if (active && worker->ready()) hello_wanted_ = false, failed_starts_ = 0;
    for (const std::string& line : lines)
      if (!take(line, active)) return;
    if (const auto why = worker->over()) {
      if (active) lose(*why, false);
      else lose_spare();
    }
  }

  // False: the active process is gone.
  bool take(const std::string& line, bool active) {
    std::string why;
    const auto id = reply_id(line, why);
    if (!active) {
      lose_spare();
      return false;
    }
    const auto found = id ? sent_.find(*id) : sent_.end();
    if (found == sent_.end()) {
      if (id && *id < next_id_) {
        why = fmt::format("it replied twice to request {}", *id);
      } else if (id) {
        why = fmt::format("it replied to request {}, which was never sent", *id);
      }
      lose(active_->with_last_words(why), false);
      return false;
    }
    Job& job = *found->second;
    job.verdicts = read_verdicts(line, active_->hello(), job.items, job.group);
    const double seconds = (now() - job.sent_at) / static_cast<double>(job.items);
    for (Verdict& verdict : job.verdicts) {
      verdict.seconds = seconds;
      if (job.faults > 0) verdict.explanation += " (second try: at the first, " + valid_text(job.trouble) + ")";
    }
    job.done = answered_ = true;
    sent_.erase(found);
    return true;
  }

  void check_deadlines() {
    const double at = now();
    for (const auto& [id, job] : sent_)
      if (at >= job->sent_at + limits_.request_seconds) {
        lose(active_->with_last_words(fmt::format("it gave no reply within {:g} s", limits_.request_seconds)), true);
        break;
      }
    const std::string late = fmt::format("it said no hello within {:g} s", limits_.start_seconds);
    if (active_ && !active_->ready() && at >= active_->hello_by()) lose(active_->with_last_words(late), false);
    if (spare_ && !spare_->ready() && at >= spare_->hello_by()) lose_spare();
  }

  // The active process is of no more use. `late`: only requests over their deadline are to blame.
  void lose(const std::string& why, bool late) {
    const bool had_started = active_->ready();
    const double at = now();
    std::string on;
    for (auto entry = sent_.rbegin(); entry != sent_.rend(); ++entry) {
      const std::shared_ptr<Job>& job = entry->second;
      if (job->abandoned) continue;
      if (!late || at >= job->sent_at + limits_.request_seconds) {
        ++job->faults;
        job->trouble = why;
        on = " on " + job->label;
      }
      job->alone = true;
      if (job->faults >= kMostFaults) finish(*job, fmt::format("the verifier's process failed twice on {}: {}", job->label, why));
      else waiting_.push_front(job);
    }
    sent_.clear();
    fmt::print(stderr, "verifier {}{}: {}; ended\n", active_->pid(), on, why);
    active_.reset();
    spare_failed_ = false;
    if (!had_started) start_failed(why);
  }

  void lose_spare() {
    spare_.reset();
    spare_failed_ = true;  // no further one until the active process needs replacing
  }

  void start_failed(const std::string& why) {
    if (++failed_starts_ < kMostFailedStarts) return;
    failed_starts_ = kMostFailedStarts - 1;  // whoever asks next is worth one more start
    start_trouble_ = "the verifier did not start: " + why;
    ++start_failures_told_;
    hello_wanted_ = false;
    for (const auto& job : waiting_) finish(*job, start_trouble_);
    waiting_.clear();
    changed_.notify_all();
  }

  void finish(Job& job, const std::string& why) {
    job.verdicts = failed(job.items, why);
    job.done = true;
  }

  // Closed input asks them to end; the destructors kill those that do not.
  void say_goodbye() {
    std::vector<Worker*> workers;
    for (Worker* worker : {active_.get(), spare_.get()})
      if (worker && worker->ready() && sent_.empty()) workers.push_back(worker);
    for (Worker* worker : workers) worker->close_input();
    const double end = now() + kGoodbyeSeconds;
    for (Worker* worker : workers)
      while (worker->pump(), !worker->ended() && now() < end) {
        std::vector<pollfd> polls;
        worker->add_polls(polls);
        ::poll(polls.data(), polls.size(), 20);
      }
    active_.reset();
    spare_.reset();
  }

  const Start start_;
  const PoolLimits limits_;
  const Reasoning reasoning_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::thread thread_;
  int wake_ = -1;

  // Guarded by mutex_.
  bool stop_ = false, hello_wanted_ = false;
  int start_failures_told_ = 0, failed_starts_ = 0;
  std::string start_trouble_;
  std::optional<Hello> hello_;
  std::uint64_t next_id_ = 1;
  std::deque<std::shared_ptr<Job>> waiting_;
  std::map<std::uint64_t, std::shared_ptr<Job>> sent_;  // changed by the pool's thread only
  bool answered_ = false, spare_failed_ = false;

  // The pool's thread's own.
  std::unique_ptr<Worker> active_, spare_;
};

Pool::Pool(Start start, PoolLimits limits, Reasoning reasoning) : impl_(std::make_unique<Impl>(std::move(start), limits, reasoning)) {}
Pool::~Pool() = default;

std::vector<Verdict> Pool::run(std::span<const VerifyRequest> requests, const Pace& pace, const Clock& clock) { return impl_->run(requests, pace, clock); }

}  // namespace laconic::verifiers::custom
