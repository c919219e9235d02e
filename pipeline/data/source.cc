#include "pipeline/data/source.h"

#include <fmt/format.h>

#include "base/error.h"
#include "pipeline/data/file_source.h"
#include "pipeline/data/generator.h"
#include "pipeline/data/mixture.h"

namespace laconic::pipeline {
namespace {

class GeneratedSource : public ProblemSource {
 public:
  GeneratedSource(const Generator& generator, const DataOptions& options, const std::string& verifier)
      : generator_(generator), options_(options) {
    verifier_ = !options.verifier.empty() ? options.verifier : verifier == "auto" ? generator.verifier : verifier;
    generator.check(options_);
  }

  Problem train(std::uint64_t seed, const Ticket& group) const override {
    return finished(generator_.train(options_, philox_key(seed, group), static_cast<std::uint32_t>(group.draw)));
  }
  std::vector<Problem> eval(int count) const override {
    std::vector<Problem> problems = generator_.heldout(options_, count);
    for (Problem& problem : problems) problem = finished(std::move(problem));
    return problems;
  }
  void set_aside(Part, const Reason&) override {}
  bool trains_on(std::uint64_t) const override { return false; }
  std::vector<std::string> skipped() const override { return {}; }
  std::vector<std::string> notes() const override { return {}; }

 private:
  Problem finished(Problem problem) const {
    problem.verifier = verifier_;
    if (options_.instruction != "auto" && !options_.instruction.empty()) problem.prompt += "\n\n" + options_.instruction;
    return problem;
  }

  const Generator& generator_;
  DataOptions options_;
  std::string verifier_;
};

void check_file(const std::string& path, const char* key) {
  if (fs::exists(path)) return;
  const std::vector<std::string> names = generator_names();
  const std::string near = nearest_name(path, names);
  throw Error(fmt::format("`{}` is \"{}\", which is no file{}", key, path, std::string(key) == "data.eval_source" ? "" : fmt::format(", nor one of {}", fmt::join(names, ", "))), path,
              near.empty() ? "give the path of a JSONL file; a relative one is looked for in the working directory, then beside the recipe" : "did you mean \"" + near + "\"?");
}

}  // namespace

std::unique_ptr<ProblemSource> make_source(const DataOptions& options, int draws_per_step, bool needs_chains, const std::string& verifier) {
  if (!options.eval_source.empty()) check_file(options.eval_source, "data.eval_source");
  if (!options.mixture.empty()) return std::make_unique<MixtureSource>(options, draws_per_step, needs_chains, verifier);
  if (const Generator* generator = find_generator(options.source)) {
    if (!options.eval_source.empty()) return std::make_unique<MixtureSource>(options, draws_per_step, needs_chains, verifier);  // of one
    return std::make_unique<GeneratedSource>(*generator, options, verifier);
  }
  check_file(options.source, "data.source");
  return std::make_unique<FileSource>(options, draws_per_step, needs_chains, verifier);
}

}  // namespace laconic::pipeline
