#include "pipeline/hub/fleet.h"

#include <unistd.h>

#include <algorithm>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace laconic::pipeline {
namespace {

std::string version_key(std::int32_t stage, std::int32_t version) { return fmt::format("s{}-v{:08d}", stage, version); }

nlohmann::json json_of(const wire::Message& message) {
  auto json = nlohmann::json::parse(message.json, nullptr, false);
  return json.is_object() ? json : nlohmann::json::object();
}

Error error_of(const wire::Message& message, const std::string& peer) {
  const auto json = json_of(message);
  const std::string where = json.value("where", "");
  return Error(json.value("what", "failed without a reason"), where.empty() ? peer : peer + ", " + where, json.value("next", ""));
}

}  // namespace

Fleet::Fleet(RoleLauncher& launcher, const fs::path& run, const fs::path& logs, Observer& observer, Clock& clock, FleetLimits limits)
    : launcher_(launcher), observer_(observer), clock_(clock), limits_(limits), logs_(logs), endpoint_(launcher.endpoint(run)),
      socket_(std::make_unique<wire::HubSocket>(launcher.context(), endpoint_)), book_(clock), last_progress_(clock.now()) {}

Fleet::~Fleet() {
  try {
    stop(0.5);
  } catch (...) {  // the run is ending; the launcher kills what is left
  }
}

void Fleet::add_pool(PoolSpec spec) {
  for (int i = 0; i < spec.count; ++i) {
    Role role;
    role.role = spec.role;
    role.index = i;
    role.start_at = clock_.now();
    roles_[fmt::format("{}-{}", spec.role, i)] = role;
  }
  pools_[spec.role] = std::move(spec);
}

std::uint64_t Fleet::add(Work work) {
  const std::uint64_t key = book_.add({work.pool, work.name, work.deadline_seconds, work.max_attempts, work.weights});
  works_[key] = std::move(work);
  return key;
}

void Fleet::drop(std::uint64_t work) {
  book_.drop(work);
  works_.erase(work);
}

std::string Fleet::announce(const wire::WeightsNotice& notice) {
  const std::string key = version_key(notice.stage, notice.version);
  versions_[key] = notice;
  return key;
}

void Fleet::forget_versions_before(std::int32_t stage, std::int32_t version) {
  for (auto at = versions_.begin(); at != versions_.end();)
    at = std::pair(at->second.stage, at->second.version) < std::pair(stage, version) && !book_.is_required(at->first) ? versions_.erase(at) : std::next(at);
}

void Fleet::pump(double seconds) {
  reap();
  start_due();
  check_deadlines();
  issue();
  receive(seconds);
  issue();  // what the results made free goes out now, not in the next turn
  report_wait();
  measure();
}

int Fleet::generation(const std::string& role) const {
  const auto found = generations_.find(role);
  return found == generations_.end() ? 0 : found->second;
}

bool Fleet::is_ready(const std::string& role) const {
  return std::any_of(roles_.begin(), roles_.end(), [&](const auto& entry) { return entry.second.role == role && entry.second.state == State::kReady; });
}

void Fleet::reap() {
  for (const RoleExit& exit : launcher_.reap())
    if (const auto found = roles_.find(exit.identity); found != roles_.end()) died(exit.identity, found->second, exit.how);
}

void Fleet::died(const std::string& identity, Role& role, const std::string& how) {
  ++role.deaths_in_a_row;
  role.state = State::kDown;
  role.loading_since = -1;
  if (role.deaths_in_a_row >= limits_.deaths_in_a_row)
    throw Error(fmt::format("{} died {} times in a row, last by {}", identity, role.deaths_in_a_row, how), log_of(identity).string(), log_tail(identity));
  const double back_off = std::min(10.0, limits_.first_back_off * static_cast<double>(1 << (role.deaths_in_a_row - 1)));
  role.start_at = clock_.now() + back_off;
  observer_.warning(fmt::format("{} ended by {}; restarting it in {}", identity, how, human_seconds(back_off)));
  returned(book_.owner_gone(identity), identity + " ended by " + how);
}

std::string Fleet::log_tail(const std::string& identity) const {
  std::string last;
  std::error_code missing;
  if (fs::file_size(log_of(identity), missing) > 0 && !missing) {
    const std::string text = read_file(log_of(identity));
    const std::size_t end = text.find_last_not_of('\n');
    if (end != std::string::npos) {
      const std::size_t start = text.rfind('\n', end);
      last = text.substr(start == std::string::npos ? 0 : start + 1, end - (start == std::string::npos ? 0 : start));
    }
  }
  return (last.empty() ? std::string() : "its log ends with: " + last + "\n") + "`tail -n 40 " + log_of(identity).string() + "`";
}

void Fleet::start_due() {
  for (auto& [identity, role] : roles_) {
    if (role.state != State::kDown || clock_.now() < role.start_at || stopped_) continue;
    const PoolSpec& pool = pools_.at(role.role);
    launcher_.start({role.role, identity, endpoint_, pool.environment, log_of(identity), role.ever_started});
    role.state = State::kStarted;
    role.changed = role.heard = clock_.now();
    role.ever_started = true;
  }
}

void Fleet::kill(const std::string& identity, Role& role, const std::string& why) {
  observer_.warning(fmt::format("{} {}; killing it", identity, why));
  role.state = State::kDown;
  role.start_at = std::numeric_limits<double>::infinity();  // until its exit is reaped
  role.loading_since = -1;
  launcher_.kill(identity);
  returned(book_.owner_gone(identity), identity + " " + why);
}

void Fleet::check_deadlines() {
  std::map<std::string, bool> late;
  const std::vector<LeaseBook::Returned> expired = book_.expire();
  for (const auto& lease : expired) late[lease.owner] = true;
  for (const auto& [identity, unused] : late)
    if (const auto found = roles_.find(identity); found != roles_.end()) kill(identity, found->second, "missed a deadline");
  returned(expired, "the deadline passed");
  for (auto& [identity, role] : roles_) {
    const double now = clock_.now();
    if ((role.state == State::kStarted || role.state == State::kConfigured) && now - role.changed > limits_.start_seconds)
      kill(identity, role, fmt::format("was not ready after {}", human_seconds(now - role.changed)));
    else if (role.state == State::kReady && role.loading_since >= 0 && now - role.loading_since > limits_.load_seconds)
      kill(identity, role, "did not load its weights in time");
    else if (role.state == State::kReady && now - role.heard > limits_.silence_seconds) {
      // Work without heartbeats is bounded by its lease; an idle role that says nothing is hung.
      const auto pending = book_.pending();
      if (std::none_of(pending.begin(), pending.end(), [&](const auto& p) { return p.owner == identity; }))
        kill(identity, role, fmt::format("was silent for {}", human_seconds(now - role.heard)));
    }
  }
}

void Fleet::issue() {
  for (const LeaseBook::Load& load : book_.loads()) {
    socket_->send(load.owner, wire::encode_weights(versions_.at(load.what)));
    roles_.at(load.owner).loading_since = clock_.now();
  }
  while (const auto issue = book_.issue()) {
    const Work& work = works_.at(issue->work);
    // A peer that cannot take it is gone; its exit or the lease's deadline brings the work back.
    socket_->send(issue->owner, work.encode(issue->lease));
  }
}

void Fleet::receive(double seconds) {
  while (auto incoming = socket_->receive(seconds)) {
    handle(incoming->peer, incoming->message);
    seconds = 0;
  }
}

void Fleet::handle(const std::string& peer, const wire::Message& message) {
  const auto found = roles_.find(peer);
  if (found == roles_.end() || found->second.state == State::kDown) return;  // a message that outlived its sender
  Role& role = found->second;
  role.heard = clock_.now();
  switch (message.kind) {
    case wire::Kind::kHello: {
      wire::Message configure;
      configure.kind = wire::Kind::kConfigure;
      configure.json = pools_.at(role.role).configure();
      socket_->send(peer, configure);
      role.state = State::kConfigured;
      role.changed = clock_.now();
      break;
    }
    case wire::Kind::kReady: {
      if (role.state == State::kConfigured) {
        role.state = State::kReady;
        role.doing.clear();
        ++generations_[role.role];
        book_.owner_ready(peer, role.role, pools_.at(role.role).credits);
      } else if (role.loading_since >= 0) {
        const auto weights = json_of(message).value("weights", nlohmann::json());
        if (weights.is_object()) {
          role.loading_since = -1;
          book_.owner_holds(peer, version_key(weights.value("stage", 0), weights.value("version", 0)));
        }
      }
      last_progress_ = clock_.now();
      break;
    }
    case wire::Kind::kResult: {
      std::uint64_t key = 0;
      if (book_.finish(message.id, key) != LeaseBook::Answer::kAccepted) break;
      role.deaths_in_a_row = 0;
      last_progress_ = clock_.now();
      Work work = std::move(works_.at(key));
      works_.erase(key);
      work.done(message);
      break;
    }
    case wire::Kind::kFailure:
      handle_failure(peer, role, message);
      break;
    case wire::Kind::kHeartbeat: {
      const auto json = json_of(message);
      role.doing = json.value("state", "");
      break;
    }
    default:
      break;
  }
}

void Fleet::handle_failure(const std::string& peer, Role&, const wire::Message& message) {
  const Error reason = error_of(message, peer);
  if (json_of(message).value("fatal", false))
    throw Error(reason.message(), reason.where(), reason.next().empty() ? log_tail(peer) : reason.next());
  if (const auto back = book_.fail(message.id)) {
    if (back->exhausted) give_up(back->work, reason);
    else observer_.warning(fmt::format("{} failed at {}: {}; leased again", peer, works_.at(back->work).name, reason.message()));
  } else {
    observer_.warning(fmt::format("{}: {}", peer, reason.message()));
  }
}

void Fleet::returned(const std::vector<LeaseBook::Returned>& list, const std::string& why) {
  for (const auto& back : list)
    if (back.exhausted) give_up(back.work, Error(works_.at(back.work).name + ": " + why, back.owner));
}

void Fleet::give_up(std::uint64_t key, const Error& reason) {
  const Work work = std::move(works_.at(key));
  works_.erase(key);
  if (work.given_up) return work.given_up(reason);
  throw Error(fmt::format("{} failed {} times, last: {}", work.name, work.max_attempts, reason.message()), reason.where(),
              reason.next().empty() ? "see the logs in `" + logs_.string() + "`" : reason.next());
}

void Fleet::report_wait() {
  const double now = clock_.now();
  if (now - last_progress_ < limits_.report_after || now - last_report_ < limits_.report_after) return;
  WaitLine line;
  for (const auto& [identity, role] : roles_)
    if (role.state != State::kReady || role.loading_since >= 0) {
      if (line.what.empty()) {
        line.what = role.loading_since >= 0 ? identity + " to load its weights" : identity + " to start";
        line.whom = identity;
        line.seconds = now - (role.loading_since >= 0 ? role.loading_since : role.changed);
      }
      ++line.others;
    }
  for (const LeaseBook::Pending& pending : book_.pending()) {
    if (line.what.empty()) {
      line.what = pending.name;
      line.whom = pending.owner.empty() ? "any " + pending.pool : pending.owner;
      if (const auto role = roles_.find(pending.owner); role != roles_.end() && !role->second.doing.empty()) line.whom += " (" + role->second.doing + ")";
      line.seconds = now - pending.since;
    }
    ++line.others;
  }
  if (line.what.empty()) return;
  --line.others;
  last_report_ = now;
  observer_.waiting(line);
}

void Fleet::measure() {
  if (clock_.now() - last_measure_ < 0.5) return;
  last_measure_ = clock_.now();
  peak_rss_mb_ = std::max(peak_rss_mb_, launcher_.rss_mb());
}

void Fleet::stop(double grace_seconds) {
  if (stopped_) return;
  stopped_ = true;
  wire::Message message;
  message.kind = wire::Kind::kStop;
  for (const auto& [identity, role] : roles_)
    if (role.state == State::kReady || role.state == State::kConfigured) socket_->send(identity, message);
  launcher_.finish(grace_seconds);
  if (endpoint_.rfind("ipc://", 0) == 0) ::unlink(endpoint_.c_str() + 6);
}

}  // namespace laconic::pipeline
