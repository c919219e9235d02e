// laconic doctor: can this machine do the work, and what to do where it cannot.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <sstream>

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/thread_team.h"
#include "cli/commands.h"
#include "cli/format.h"
#include "cli/records.h"
#include "cli/terminal.h"
#include "kernels/isa.h"
#include "pipeline/supervisor.h"
#include "sandbox/sandbox.h"
#include "verifiers/math/algebra_client.h"
#include "wire/connection.h"

namespace laconic::cli {
namespace {

enum class Health { kOk, kWarn, kFail };

struct Finding {
  std::string check;
  Health health = Health::kOk;
  std::string found, hint;
};

// The value after "key" and a colon in a /proc file; empty when there is none.
std::string proc_value(const char* file, const std::string& key) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);)
    if (line.rfind(key, 0) == 0) {
      const std::size_t start = line.find_first_not_of(" \t", line.find(':') + 1);
      return start == std::string::npos ? "" : line.substr(start);
    }
  return {};
}

Finding cpu() {
  const std::string name = proc_value("/proc/cpuinfo", "model name");
  return {"cpu", Health::kOk, name.empty() ? "unknown" : name, ""};
}

Finding instruction_sets() {
  std::string levels;
  for (const kernels::Isa isa : kernels::executable_isas()) levels += (levels.empty() ? "" : ", ") + std::string(kernels::name_of(isa));
  const kernels::Isa chosen = kernels::active_isa();  // throws for a LACONIC_ISA that cannot be
  Finding f{"kernels", Health::kOk, fmt::format("{} of {}", kernels::name_of(chosen), levels), ""};
  if (chosen == kernels::Isa::kScalar) {
    f.health = Health::kWarn;
    f.hint = kernels::best_isa() == chosen ? "this CPU has no AVX2: everything works, about ten times slower" : "LACONIC_ISA holds it back: unset it";
  } else if (chosen != kernels::best_isa()) {
    f.found += " (LACONIC_ISA)";
  }
  return f;
}

Finding cores() {
  const int usable = usable_cores();
  double load = 0;
  std::ifstream("/proc/loadavg") >> load;
  Finding f{"cores", Health::kOk, fmt::format("{} usable of {}, load {:.1f}", usable, ::sysconf(_SC_NPROCESSORS_ONLN), load), ""};
  if (load > usable) {
    f.health = Health::kWarn;
    f.hint = "other programs are using the cores; training slows, its result stays the same";
  }
  return f;
}

Finding memory() {
  double kilobytes = 0;
  std::istringstream(proc_value("/proc/meminfo", "MemAvailable")) >> kilobytes;
  double bytes = kilobytes * 1024;
  double limit = 0, used = 0;
  if (std::ifstream("/sys/fs/cgroup/memory.max") >> limit && std::ifstream("/sys/fs/cgroup/memory.current") >> used && limit > 0)
    bytes = std::min(bytes, limit - used);
  Finding f{"memory", Health::kOk, megabytes(bytes) + " available", ""};
  if (bytes < 3e9) {
    f.health = bytes < 1e9 ? Health::kFail : Health::kWarn;
    f.hint = "the arithmetic recipe needs about 3 GB: close programs, or lower rollout.kv_mb and optimizer.micro_tokens";
  }
  return f;
}

Finding disk(const std::string& runs) {
  const double bytes = static_cast<double>(free_bytes(runs));
  Finding f{"disk", Health::kOk, megabytes(bytes) + " free for `" + runs + "`", ""};
  if (bytes < 2e9) {
    f.health = bytes < 3e8 ? Health::kFail : Health::kWarn;
    f.hint = "free some space, keep fewer checkpoints (run.checkpoint_keep), or name another folder with --runs";
  }
  return f;
}

Finding writable(const std::string& runs) {
  fs::path folder = fs::absolute(runs);
  while (!fs::exists(folder) && folder.has_parent_path() && folder != folder.parent_path()) folder = folder.parent_path();
  if (::access(folder.c_str(), W_OK | X_OK) == 0) return {"runs folder", Health::kOk, "`" + runs + "` can be written", ""};
  return {"runs folder", Health::kFail, "`" + folder.string() + "` cannot be written", "name another folder with --runs, or change its owner"};
}

Finding learner() {
  const std::string version = pipeline::ProcessLauncher().learner_version();
  return {"learner", Health::kOk, version, ""};
}

Finding sockets() {
  std::string folder = (fs::temp_directory_path() / "laconic-doctor-XXXXXX").string();
  if (!::mkdtemp(folder.data())) return {"sockets", Health::kFail, "no folder can be made in " + fs::temp_directory_path().string(), "set TMPDIR to a folder that can be written"};
  const auto remove = [](const std::string* path) { std::error_code none; fs::remove_all(*path, none); };
  const std::unique_ptr<const std::string, decltype(remove)> guard(&folder, remove);
  wire::Context context;
  wire::HubSocket hub(context, "ipc://" + folder + "/hub.sock");
  return {"sockets", Health::kOk, "unix sockets can be bound in " + fs::temp_directory_path().string(), ""};
}

Finding clock() {
  const double now = Clock::system().unix_time();
  Finding f{"clock", Health::kOk, fmt::format("{:.0f} seconds since 1970", now), ""};
  if (now < 1.7e9) {
    f.health = Health::kWarn;
    f.hint = "the clock stands before 2023: times in logs and TensorBoard will be wrong; set it";
  }
  return f;
}

// Math and training need no sandbox, so its absence is a warning.
Finding sandboxing() {
  const sandbox::Capabilities can = sandbox::probe();
  std::string notes;
  for (const std::string& note : can.notes) notes += (notes.empty() ? "" : "; ") + note;
  if (can.level == '-') return {"sandbox", Health::kWarn, "refuses to run programs here", notes};
  return {"sandbox", Health::kOk, fmt::format("level {}: {}", can.level, notes), ""};
}

Finding algebra() {
  if (verifiers::math::AlgebraClient::shared().available()) return {"algebra", Health::kOk, "laconic-algebra is there", ""};
  return {"algebra", Health::kWarn, "laconic-algebra is not there: some comparisons of exact constants stay undecided",
          "install libflint-dev, libflint-arb-dev, libantic-dev and libcalcium-dev, then build again (on Debian `./dev setup` does)"};
}

struct DoctorOptions {
  std::string runs = "runs";
  bool json = false;
};

int doctor(const DoctorOptions& o) {
  const std::vector<std::pair<const char*, std::function<Finding()>>> checks = {
      {"cpu", cpu}, {"kernels", instruction_sets}, {"cores", cores}, {"memory", memory}, {"disk", [&] { return disk(o.runs); }},
      {"runs folder", [&] { return writable(o.runs); }}, {"learner", learner}, {"sockets", sockets}, {"sandbox", sandboxing}, {"algebra", algebra}, {"clock", clock}};
  std::vector<Finding> findings;
  for (const auto& [name, check] : checks) {
    try {
      findings.push_back(check());
    } catch (const Error& error) {
      findings.push_back({name, Health::kFail, error.message(), error.next()});
    } catch (const std::exception& error) {
      findings.push_back({name, Health::kFail, error.what(), ""});
    }
  }
  static constexpr const char* kNames[] = {"ok", "warn", "fail"};
  bool failed = false;
  Json json = Json::array();
  const Style style = Style::of(STDOUT_FILENO);
  for (const Finding& f : findings) {
    failed = failed || f.health == Health::kFail;
    const char* name = kNames[static_cast<int>(f.health)];
    if (o.json) {
      json.push_back({{"check", f.check}, {"state", name}, {"found", f.found}, {"hint", f.hint}});
      continue;
    }
    const std::string mark = fmt::format("{:<4}", name);
    fmt::print("{}  {:<12} {}\n", f.health == Health::kOk ? style.green(mark) : f.health == Health::kWarn ? style.yellow(mark) : style.red(mark), f.check, f.found);
    if (!f.hint.empty()) fmt::print("                    hint: {}\n", f.hint);
  }
  if (o.json) print_json(json);
  return failed ? kExitFailed : kExitOk;
}

}  // namespace

void add_doctor(Command& root) {
  auto o = std::make_shared<DoctorOptions>();
  Command& c = root.sub("doctor", "check this machine, and say what to do where something is amiss", "the machine");
  c.option("--runs", o->runs, "DIR", "where runs would be kept");
  c.flag("--json", o->json, "print JSON");
  c.details("Exits with 1 when a check fails; a warning does not.");
  c.example("laconic doctor");
  c.action([o] { return doctor(*o); });
}

}  // namespace laconic::cli
