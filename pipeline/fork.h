// A fork: a new run that begins at another run's newest checkpoint, on this machine's own terms.
#pragma once

#include "pipeline/recipe.h"
#include "pipeline/run_folder.h"

namespace laconic::pipeline {

// Copies the newest checkpoint of `source`, its initial model, and the record of the steps up to it
// into the new run's folder. Throws Error when there is no checkpoint or the recipe's stages do not
// lead through it.
void copy_for_fork(const fs::path& source, const Recipe& recipe, const RunFolder& target);

}  // namespace laconic::pipeline
