#include "sandbox/sandbox.h"

#include <optional>
#include <thread>

#include "sandbox/admission.h"
#include "sandbox/attempt.h"

namespace laconic::sandbox {
namespace {

// Reads the streams from a thread of its own: its owner is busy with the conversation.
class Conversation : public Running {
 public:
  Conversation(std::shared_ptr<Connection> connection, const Spec& spec, bool exact, Admission::Lease lease)
      : lease_(std::move(lease)), attempt_(std::move(connection), spec, exact), reader_([this] {
          report_ = attempt_.finish();
          lease_.reset();
        }) {}
  ~Conversation() override {
    attempt_.kill();
    if (reader_.joinable()) reader_.join();
  }
  Report wait() override {
    reader_.join();
    return std::move(report_);
  }
  void kill() override { attempt_.kill(); }
  const Admission::Lease& lease() const { return lease_; }

 private:
  Admission::Lease lease_;
  Attempt attempt_;
  Report report_;
  std::thread reader_;
};

}  // namespace

struct Sandbox::Parts {
  explicit Parts(const Options& options)
      : connection(std::make_shared<Connection>(options)), admission(options.slots > 0 ? options.slots : usable_cores()) {}
  std::shared_ptr<Connection> connection;
  Admission admission;
};

Sandbox::Sandbox(Options options) : parts_(std::make_unique<Parts>(options)) {}
Sandbox::~Sandbox() = default;

Report Sandbox::run(const Spec& spec) {
  check(spec);
  Report report;
  {
    const Admission::Lease lease = parts_->admission.enter(false);
    report = Attempt(parts_->connection, spec, false).finish();
    // Nothing of the program has run: no verdict can depend on a second start.
    if (report.end == End::kFault && report.wall_seconds == 0 && spec.passed.empty()) report = Attempt(parts_->connection, spec, false).finish();
  }
  if (!spec.passed.empty() || !needs_repeat(report, spec.limits)) return report;
  const Admission::Lease lease = parts_->admission.enter(true);
  report = Attempt(parts_->connection, spec, true).finish();
  report.repeated = 1;
  if (report.end == End::kWallTime && report.cpu_seconds < 0.8 * spec.limits.cpu_seconds && needs_repeat(report, spec.limits)) {
    report.end = End::kFault;
    report.fault = "the wall limit was hit twice, the second time alone, while the program waited for a processor";
  }
  return report;
}

std::unique_ptr<Running> Sandbox::start(const Spec& spec, const Running* partner, bool alone) {
  check(spec);
  const auto* first = dynamic_cast<const Conversation*>(partner);
  Admission::Lease lease = first ? first->lease() : parts_->admission.enter(alone);
  return std::make_unique<Conversation>(parts_->connection, spec, alone, std::move(lease));
}

Connection& Sandbox::connection() { return *parts_->connection; }
char Sandbox::level() { return parts_->connection->level(); }

}  // namespace laconic::sandbox
