#include "sandbox/admission.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string>

#include <sched.h>
#include <unistd.h>

namespace laconic::sandbox {
namespace {

// The tightest quota from this process's cgroup up to the root, in processors; 0: none.
double quota_below(const std::string& mount, std::string path, bool v2) {
  double tightest = 0;
  for (;;) {
    double quota = -1, period = 0;
    if (v2) {
      std::ifstream in(mount + path + "/cpu.max");
      std::string word;
      if (in >> word >> period && word != "max") quota = std::stod(word);
    } else {
      std::ifstream(mount + path + "/cpu.cfs_quota_us") >> quota;
      std::ifstream(mount + path + "/cpu.cfs_period_us") >> period;
    }
    if (quota > 0 && period > 0) tightest = tightest == 0 ? quota / period : std::min(tightest, quota / period);
    if (path.empty() || path == "/") return tightest;
    path.erase(path.rfind('/'));
  }
}

}  // namespace

int usable_cores() {
  cpu_set_t set;
  int cores = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
  std::ifstream own("/proc/self/cgroup");
  for (std::string line; std::getline(own, line);) {
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",", path = line.substr(second + 1);
    const bool v2 = controllers == ",,";
    if (!v2 && controllers.find(",cpu,") == std::string::npos) continue;
    const double quota = quota_below(v2 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/cpu", path, v2);
    if (quota > 0) cores = std::min(cores, static_cast<int>(std::ceil(quota)));
  }
  return std::max(1, cores);
}

Admission::Lease Admission::enter(bool alone) {
  std::unique_lock lock(mutex_);
  if (alone) {
    ++waiting_alone_;
    changed_.wait(lock, [&] { return running_ == 0; });
    --waiting_alone_;
    alone_ = true;
  } else {
    changed_.wait(lock, [&] { return !alone_ && waiting_alone_ == 0 && running_ < slots_; });
  }
  ++running_;
  return Lease(nullptr, [this, alone](void*) { leave(alone); });
}

void Admission::leave(bool alone) {
  {
    const std::lock_guard lock(mutex_);
    --running_;
    if (alone) alone_ = false;
  }
  changed_.notify_all();
}

}  // namespace laconic::sandbox
