#include "pipeline/hub/lease_book.h"

namespace laconic::pipeline {

std::uint64_t LeaseBook::add(WorkSpec spec) {
  const std::uint64_t key = next_++;
  queued_[spec.pool].insert(key);
  Work work;
  work.spec = std::move(spec);
  work.added = clock_.now();
  works_.emplace(key, std::move(work));
  return key;
}

void LeaseBook::drop(std::uint64_t key) {
  const auto found = works_.find(key);
  if (found == works_.end()) return;
  Work& work = found->second;
  queued_[work.spec.pool].erase(key);
  if (work.lease != 0)
    if (const auto owner = owners_.find(work.owner); owner != owners_.end()) --owner->second.leases;
  works_.erase(found);
}

void LeaseBook::owner_ready(const std::string& owner, const std::string& pool, int credits) {
  owners_[owner] = Owner{pool, {}, {}, credits, 0};
}

void LeaseBook::owner_holds(const std::string& name, const std::string& what) {
  const auto owner = owners_.find(name);
  if (owner == owners_.end()) return;
  owner->second.holding = what;
  owner->second.loading.clear();
}

std::optional<LeaseBook::Issue> LeaseBook::issue() {
  for (auto& [pool, queue] : queued_) {
    if (queue.empty()) continue;
    const std::uint64_t key = *queue.begin();
    Work& work = works_.at(key);
    // The least loaded owner, so that several share a step evenly.
    Owner* best = nullptr;
    const std::string* best_name = nullptr;
    for (auto& [name, owner] : owners_) {
      if (owner.pool != pool || owner.leases >= owner.credits || !owner.loading.empty()) continue;
      if (!work.spec.requirement.empty() && owner.holding != work.spec.requirement) continue;
      if (!best || owner.leases < best->leases) {
        best = &owner;
        best_name = &name;
      }
    }
    if (!best) continue;
    queue.erase(queue.begin());
    ++best->leases;
    ++work.attempts;
    work.lease = key << 16 | static_cast<std::uint64_t>(work.attempts);
    work.owner = *best_name;
    work.issued = clock_.now();
    return Issue{work.lease, key, work.owner, work.attempts, work.spec.deadline_seconds};
  }
  return std::nullopt;
}

std::vector<LeaseBook::Load> LeaseBook::loads() {
  std::vector<Load> out;
  for (auto& [name, owner] : owners_) {
    if (owner.leases > 0 || !owner.loading.empty()) continue;
    const auto queue = queued_.find(owner.pool);
    if (queue == queued_.end() || queue->second.empty()) continue;
    const std::string& required = works_.at(*queue->second.begin()).spec.requirement;
    if (required.empty() || required == owner.holding) continue;
    owner.loading = required;
    out.push_back({name, required});
  }
  return out;
}

LeaseBook::Answer LeaseBook::finish(std::uint64_t lease, std::uint64_t& key) {
  key = work_of(lease);
  const auto found = works_.find(key);
  if (found == works_.end()) {
    if (!finished_.count(key)) return Answer::kUnknown;
    ++duplicates_;
    return Answer::kDuplicate;
  }
  drop(key);
  finished_.insert(key);
  return Answer::kAccepted;
}

LeaseBook::Returned LeaseBook::give_back(std::uint64_t key) {
  Work& work = works_.at(key);
  Returned returned{work.lease, key, work.owner, work.attempts >= work.spec.max_attempts};
  if (const auto owner = owners_.find(work.owner); owner != owners_.end()) --owner->second.leases;
  work.lease = 0;
  work.owner.clear();
  if (returned.exhausted) works_.erase(key);
  else queued_[work.spec.pool].insert(key);
  return returned;
}

std::optional<LeaseBook::Returned> LeaseBook::fail(std::uint64_t lease) {
  const auto found = works_.find(work_of(lease));
  if (found == works_.end() || found->second.lease != lease) return std::nullopt;
  return give_back(found->first);
}

std::vector<LeaseBook::Returned> LeaseBook::expire() {
  std::vector<std::uint64_t> late;
  for (const auto& [key, work] : works_)
    if (work.lease != 0 && clock_.now() - work.issued >= work.spec.deadline_seconds) late.push_back(key);
  std::vector<Returned> out;
  for (const std::uint64_t key : late) out.push_back(give_back(key));
  return out;
}

std::vector<LeaseBook::Returned> LeaseBook::owner_gone(const std::string& name) {
  std::vector<std::uint64_t> held;
  for (const auto& [key, work] : works_)
    if (work.lease != 0 && work.owner == name) held.push_back(key);
  std::vector<Returned> out;
  for (const std::uint64_t key : held) out.push_back(give_back(key));
  owners_.erase(name);
  return out;
}

std::vector<LeaseBook::Pending> LeaseBook::pending() const {
  std::vector<Pending> out;
  for (const auto& [key, work] : works_)
    out.push_back({key, work.spec.name, work.spec.pool, work.owner, work.lease ? work.issued : work.added, work.attempts});
  return out;
}

const WorkSpec* LeaseBook::spec(std::uint64_t key) const {
  const auto found = works_.find(key);
  return found == works_.end() ? nullptr : &found->second.spec;
}

bool LeaseBook::is_required(const std::string& what) const {
  for (const auto& [key, work] : works_)
    if (work.spec.requirement == what) return true;
  return false;
}

}  // namespace laconic::pipeline
