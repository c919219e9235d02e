// The store of a run: laconic.db, an SQLite database with everything that was sampled, judged and
// learned. One process writes (the hub); any number read while it writes.
//
// Durability: every save is one transaction, committed with fsync before the call returns (WAL,
// synchronous = FULL). After SIGKILL or power loss the store holds exactly the saves that returned.
// Round trips are bit-exact, floats included. Doubles that are not numbers are refused.
//
// Every failure of SQLite is an Error that names the file: full disk, damaged file, locked file,
// missing file, newer schema. Not thread-safe: one Store, one thread; open a second one to read.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/file.h"
#include "trajectory/record.h"

namespace laconic::trajectory {

struct StoreOptions {
  double busy_seconds = 10;     // how long a read or write waits for a lock before it is an Error
  std::int64_t max_bytes = 0;   // refuse to grow the file beyond this, as a full disk would; 0: no limit
};

// What became of one step: its metrics, and when it was committed.
struct StepRecord {
  std::int32_t stage = 0, step = 0;
  std::string kind;             // "sft", "rl"
  std::string metrics;          // JSON object name → number
  double committed = 0;         // unix time, filled by the store
};

// A published weight version. Its row outlives cutting back: a step that is computed again must
// publish the same hash.
struct VersionRecord {
  std::int32_t stage = 0, version = 0, step = 0;
  std::string weights_hash;
};

struct EvalRecord {
  std::int32_t stage = 0, step = 0;
  std::string name;             // of the evaluated set
  std::string metrics;          // JSON object
  double committed = 0;
};

// A group that is in the store.
struct StoredGroup {
  Ticket ticket;
  std::int32_t samples = 0, judged = 0;
};

class Store {
 public:
  // A new store with its writer; `file` must not exist.
  static Store create(const fs::path& file, const StoreOptions& options = {});
  // The writer of an existing store. Throws Error when another live process is writing it.
  static Store open_writer(const fs::path& file, const StoreOptions& options = {});
  // A reader; sees each save as soon as it is committed.
  static Store open_reader(const fs::path& file, const StoreOptions& options = {});

  Store(Store&&) noexcept;
  Store& operator=(Store&&) noexcept;
  ~Store();

  // ---- groups -------------------------------------------------------------------------------
  // Saves a group, judged or not, in one transaction; a group already there is replaced.
  // texts[i]: the response of sample i, made valid UTF-8 by lossy decoding.
  void save_group(const Group& group, std::span<const std::string> texts);

  // Saves the judgement of samples of groups that are in the store (their `judged` must be set).
  void save_judgements(std::span<const Trajectory> samples);

  // Saves reward, reward_length, advantage and in_loss of all samples.
  void save_rewards(std::span<const Group* const> groups);

  // The groups of a step, of one refill round or of all (round < 0), in (round, draw) order.
  std::vector<StoredGroup> stored_groups(std::int32_t stage, WorkKind kind, std::int32_t step, std::int32_t round = -1) const;
  std::optional<Group> load_group(const Ticket& group) const;
  std::vector<Group> load_groups(std::int32_t stage, WorkKind kind, std::int32_t step, std::int32_t round = -1) const;
  std::string response_text(const Ticket& sample) const;  // throws Error when absent

  // ---- steps, versions, evaluations ------------------------------------------------------------
  void save_step(const StepRecord& record);               // replaces the step's row
  std::vector<StepRecord> steps() const;                  // in (stage, step) order

  // Throws Error when the version is recorded with another hash: the run has not been reproduced.
  void save_version(const VersionRecord& record);
  std::optional<VersionRecord> version(std::int32_t stage, std::int32_t version) const;
  std::vector<VersionRecord> versions() const;            // in (stage, version) order

  void save_eval(const EvalRecord& record);
  std::vector<EvalRecord> evals() const;                  // in (stage, step, name) order

  // ---- run state: small texts by name ----------------------------------------------------------
  void set_state(const std::string& key, const std::string& value);
  std::optional<std::string> state(const std::string& key) const;

  // ---- cutting back ----------------------------------------------------------------------------
  // Drops step and evaluation rows after (stage, step): resuming from that checkpoint computes them
  // again. Groups, verdicts and version hashes stay: the replay uses and must reproduce them.
  void cut_back(std::int32_t stage, std::int32_t step);
  // Drops everything after (stage, step), groups and hashes too: for a run forked with another recipe.
  void drop_after(std::int32_t stage, std::int32_t step);
  // Drops expert ids and kept sets of all groups up to (stage, step): they can be recomputed, and
  // nothing needs them once that step's checkpoint is durable.
  void prune(std::int32_t stage, std::int32_t step);

  const fs::path& file() const;

  struct Impl;
  Impl& impl() const { return *impl_; }  // for query.cc

 private:
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace laconic::trajectory
