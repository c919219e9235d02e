#include <cstdlib>

#include <fmt/format.h>

#include "base/error.h"
#include "base/file.h"
#include "verifiers/custom/embedded.h"
#include "verifiers/custom/process_verifier.h"

namespace laconic::verifiers::custom {

std::unique_ptr<Verifier> make_python(const PythonOptions& python, const ProcessOptions& process, Reasoning reasoning) {
  if (python.file.empty())
    throw Error("the verifier \"python\" needs the file of the reward function", "verifier.python.file", "verifier.python.file = \"reward.py\"");
  if (!fs::is_regular_file(python.file))
    throw Error("there is no file `" + python.file + "`", "verifier.python.file", "paths are relative to the folder laconic is started in");
  const std::string file = fs::absolute(python.file).string();
  Launch launch;
  launch.command = {python.interpreter, "-c", std::string(embedded("python/adapter.py")), file, python.function, python.kind, fmt::format("{}", python.pass_at)};
  launch.cwd = process.cwd;
  launch.environment = {"PYTHONUNBUFFERED=1", "PYTHONIOENCODING=utf-8"};
  // The order of a set of strings must not change a verdict from one process to the next.
  if (!std::getenv("PYTHONHASHSEED")) launch.environment.push_back("PYTHONHASHSEED=0");
  return verifier_of_process(std::move(launch), process, reasoning, {fs::path(file).parent_path().string()});
}

}  // namespace laconic::verifiers::custom
