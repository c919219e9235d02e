// The roles of a run and the work they hold: starts them, configures them, tells them which weights
// to load, leases work, takes results, mends deaths, and says what is being waited for.
//
// Everything happens in pump(), on the hub's thread; callbacks run inside it and may add work.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "pipeline/hub/lease_book.h"
#include "pipeline/progress.h"
#include "pipeline/supervisor.h"
#include "wire/connection.h"
#include "wire/protocol.h"

namespace laconic::pipeline {

struct Work {
  std::string pool, name;
  double deadline_seconds = 60;
  int max_attempts = 3;
  std::string weights;   // key of an announced version; empty: any
  std::function<wire::Message(std::uint64_t lease)> encode;
  std::function<void(const wire::Message&)> done;
  // After the last attempt, with the reason. Empty: the run stops with an Error that names the log.
  std::function<void(const Error& reason)> given_up;
};

struct PoolSpec {
  std::string role;                              // "rollout"
  int count = 1, credits = 1;
  std::map<std::string, std::string> environment;
  std::function<std::string()> configure;        // JSON of kConfigure, asked at each start
};

struct FleetLimits {
  double start_seconds = 180;      // from start to kReady
  double load_seconds = 180;       // from kWeights to kReady
  double silence_seconds = 90;     // no heartbeat for so long while idle: hung
  double first_back_off = 0.2;     // doubles with each death in a row
  int deaths_in_a_row = 6;         // without a finished lease in between
  double report_after = 3;         // a wait longer than this is shown, again every so often
};

class Fleet {
 public:
  Fleet(RoleLauncher& launcher, const fs::path& run, const fs::path& logs, Observer& observer, Clock& clock, FleetLimits limits = {});
  ~Fleet();

  void add_pool(PoolSpec spec);   // its roles start at the next pump
  std::uint64_t add(Work work);
  void drop(std::uint64_t work);

  // Makes a version known: workers that need it are sent this notice. Returns its key.
  std::string announce(const wire::WeightsNotice& notice);
  void forget_versions_before(std::int32_t stage, std::int32_t version);

  // One turn: reap, start, expire, lease, receive for at most `seconds`. Throws Error when a role
  // dies for good or fails fatally.
  void pump(double seconds = 0.1);

  // How often the pool's roles became ready; a change tells that one came (back) up.
  int generation(const std::string& role) const;
  bool is_ready(const std::string& role) const;   // at least one

  const LeaseBook& leases() const { return book_; }
  double peak_rss_mb() const { return peak_rss_mb_; }

  // Sends kStop to all and waits; roles that do not end within `grace_seconds` are killed.
  void stop(double grace_seconds);

 private:
  enum class State { kDown, kStarted, kConfigured, kReady };
  struct Role {
    std::string role;
    int index = 0;
    State state = State::kDown;
    bool ever_started = false;
    double start_at = 0;         // not before
    double changed = 0, heard = 0;
    double loading_since = -1;   // kWeights sent, kReady not yet received
    int deaths_in_a_row = 0;
    std::string doing;           // as its heartbeat says
  };

  void reap();
  void start_due();
  void check_deadlines();
  void issue();
  void receive(double seconds);
  void handle(const std::string& peer, const wire::Message& message);
  void handle_failure(const std::string& peer, Role& role, const wire::Message& message);
  void returned(const std::vector<LeaseBook::Returned>& list, const std::string& why);
  void give_up(std::uint64_t work, const Error& reason);
  void died(const std::string& identity, Role& role, const std::string& how);
  void kill(const std::string& identity, Role& role, const std::string& why);
  void report_wait();
  void measure();
  fs::path log_of(const std::string& identity) const { return logs_ / (identity + ".log"); }
  std::string log_tail(const std::string& identity) const;

  RoleLauncher& launcher_;
  Observer& observer_;
  Clock& clock_;
  FleetLimits limits_;
  fs::path logs_;
  std::string endpoint_;
  std::unique_ptr<wire::HubSocket> socket_;
  LeaseBook book_;
  std::map<std::string, PoolSpec> pools_;
  std::map<std::string, Role> roles_;      // by identity
  std::map<std::uint64_t, Work> works_;
  std::map<std::string, wire::WeightsNotice> versions_;
  std::map<std::string, int> generations_;
  double last_progress_ = 0, last_report_ = 0, last_measure_ = -1e9, peak_rss_mb_ = 0;
  bool stopped_ = false;
};

}  // namespace laconic::pipeline
