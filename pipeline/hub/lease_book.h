// Who works on what, until when. A pure data structure: no I/O, no callbacks, time by a Clock.
//
// Work is added to a pool and issued to the pool's owners in the order it was added (work given back
// goes to where it stood). An owner holds at most `credits` leases. Work may require that its owner
// holds something first (a weight version): an owner changes what it holds only when it has no lease
// left. Each issue of a piece of work is a lease with its own id; a result is accepted by its work,
// whichever lease it came from, and once: later ones are duplicates.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"

namespace laconic::pipeline {

struct WorkSpec {
  std::string pool;          // "rollout", "verifier", "learner"
  std::string name;          // for people: "group s1/train/12/0/3"
  double deadline_seconds = 60;
  int max_attempts = 3;
  std::string requirement;   // what its owner must hold; empty: nothing
};

class LeaseBook {
 public:
  explicit LeaseBook(const Clock& clock) : clock_(clock) {}

  std::uint64_t add(WorkSpec spec);      // the work's key, ascending
  void drop(std::uint64_t work);         // forget it; a late result is unknown

  // An owner that is new or came back: holds nothing, has no lease.
  void owner_ready(const std::string& owner, const std::string& pool, int credits);
  void owner_holds(const std::string& owner, const std::string& what);  // a load that was asked for is done

  struct Issue {
    std::uint64_t lease = 0, work = 0;
    std::string owner;
    int attempt = 1;
    double deadline_seconds = 0;
  };
  // The next lease to send, or nothing now.
  std::optional<Issue> issue();

  struct Load { std::string owner, what; };
  // Owners that must load something before they can go on; each is reported once a load.
  std::vector<Load> loads();

  enum class Answer { kAccepted, kDuplicate, kUnknown };
  // The result of a lease arrived. `work` receives the key when the answer is not kUnknown.
  Answer finish(std::uint64_t lease, std::uint64_t& work);

  struct Returned {
    std::uint64_t lease = 0, work = 0;
    std::string owner;
    bool exhausted = false;   // that was its last attempt: it is dropped, the caller decides
  };
  std::optional<Returned> fail(std::uint64_t lease);            // its owner gave it back; nothing: not running
  std::vector<Returned> expire();                               // deadlines that passed
  std::vector<Returned> owner_gone(const std::string& owner);

  struct Pending {
    std::uint64_t work = 0;
    std::string name, pool;
    std::string owner;        // empty: waits for an owner
    double since = 0;         // clock time: of its issue, or of its addition while queued
    int attempts = 0;         // issued so often
  };
  std::vector<Pending> pending() const;  // in work order
  const WorkSpec* spec(std::uint64_t work) const;
  bool is_required(const std::string& what) const;  // does open work require it?
  std::size_t open() const { return works_.size(); }
  std::int64_t duplicates() const { return duplicates_; }

  static std::uint64_t work_of(std::uint64_t lease) { return lease >> 16; }

 private:
  struct Work {
    WorkSpec spec;
    int attempts = 0;
    double added = 0;
    std::uint64_t lease = 0;   // running; 0: queued
    std::string owner;
    double issued = 0;
  };
  struct Owner {
    std::string pool, holding, loading;
    int credits = 1, leases = 0;
  };
  Returned give_back(std::uint64_t work);

  const Clock& clock_;
  std::uint64_t next_ = 1;
  std::map<std::uint64_t, Work> works_;
  std::map<std::string, std::set<std::uint64_t>> queued_;  // by pool
  std::map<std::string, Owner> owners_;
  std::set<std::uint64_t> finished_;
  std::int64_t duplicates_ = 0;
};

}  // namespace laconic::pipeline
