// The learner role: takes batches, keeps fp32 masters and optimizer state, publishes bf16 weights.
//
// It draws nothing at random and reads no data: a step is a function of its state and the batch.
// Tasks, each a kLease with JSON {"task": …} answered by one kResult (or kFailure):
//   stage       {stage, type: "sft"|"rl", options: {dotted learner keys → values}, total_steps,
//                reset_optimizer, seed}     start a stage: its loss, optimizer and lr schedule;
//                                           its reference weights (KL) are the weights held now
//                                           (named again for the stage of a resumed checkpoint, it
//                                           only takes the options: counters and reference stay)
//   batch       trajectory::Batch           one step; answers wire::StepResult. In an rl stage every
//                                           batch also publishes version step + 1 into weights_dir
//   publish     {stage, version, path}      writes the current bf16 weights there; answers
//                                           StepResult with weights_path, weights_hash
//   checkpoint  {stage, step, folder}       writes a Hugging Face folder + optimizer.safetensors +
//                                           learner.json into `folder` (must not exist; the hub
//                                           publishes it by rename); answers {"folder"}
// A heartbeat leaves before each micro-batch, so a long step is not silence; a single micro-batch that
// hangs is caught by the lease's deadline.
// Configure: {model: folder of the checkpoint to start or resume from, threads, weights_dir,
// resume: bool}. Resume continues optimizer state and step exactly.
#pragma once

#include <string>

namespace laconic::wire { class Context; }

namespace laconic::learner {

// Serves until kStop, or until the hub has been silent for a minute (then throws Error). Kernels and
// gradient share one team of kConfigure's `threads`; the weights do not depend on their number.
void serve(wire::Context& context, const std::string& endpoint, const std::string& identity);

}  // namespace laconic::learner
