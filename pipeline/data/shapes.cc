#include "pipeline/data/shapes.h"

namespace laconic::pipeline {

// The order matters: the more a shape asks for, the earlier it stands.
const std::vector<Shape>& shapes() {
  using G = GoldRule;
  using C = ChainRule;
  using I = Instruction;
  static const std::vector<Shape> table = {
      {.name = "verl", .needs = {"prompt:list", "reward_model.ground_truth"},
       .gold = G::kValue, .gold_columns = {"reward_model.ground_truth"}, .verifier = "math", .example = "verl"},
      {.name = "countdown", .needs = {"nums:list", "target:number"},
       .prompt = "Reach {target} with the numbers {nums}, each used exactly once, and the operations + - * /.\n\nPut the expression in \\boxed{}.",
       .verifier = "countdown", .example = "TinyZero's Countdown"},
      {.name = "countdown_numbers", .needs = {"numbers:list", "target:number"},
       .prompt = "Reach {target} with the numbers {numbers}, each used exactly once, and the operations + - * /.\n\nPut the expression in \\boxed{}.",
       .verifier = "countdown", .example = "Countdown with the numbers in `numbers`"},
      {.name = "humaneval_x", .needs = {"task_id:text", "prompt:text", "declaration:text", "test:text"},
       .prompt = "Complete this function:\n\n```{language}\n{prompt}\n```",
       .chain = C::kFunction, .chain_columns = {"canonical_solution"}, .verifier = "code", .instruction = I::kFunction, .example = "HumanEval-X (C++, Python)"},
      {.name = "humaneval", .needs = {"prompt:text", "entry_point:text", "test:text"},
       .prompt = "Complete this function:\n\n```python\n{prompt}\n```",
       .chain = C::kFunction, .chain_columns = {"canonical_solution"}, .verifier = "code", .instruction = I::kFunction, .example = "HumanEval"},
      {.name = "mbpp", .needs = {"test_list:list"},
       .prompt = "{text|prompt}\n\nThese tests must hold:\n{test_list}",
       .chain = C::kProgram, .chain_columns = {"code"}, .verifier = "code", .instruction = I::kFunction, .example = "MBPP, also sanitized"},
      {.name = "livecodebench", .needs = {"question_content:text", "public_test_cases"},
       .prompt = "{question_content}\n\nBegin with this code:\n```python\n{starter_code}\n```",
       .verifier = "code", .instruction = I::kProgram, .example = "LiveCodeBench"},
      {.name = "apps", .needs = {"input_output"},
       .prompt = "{question|problem|prompt|description}\n\nBegin with this code:\n```python\n{starter_code}\n```",
       .chain = C::kProgram, .chain_columns = {"solutions"}, .verifier = "code", .instruction = I::kProgram, .example = "APPS, TACO"},
      {.name = "code_contests", .needs = {"description:text", "public_tests"},
       .prompt = "{description}", .verifier = "code", .instruction = I::kProgram, .example = "code_contests"},
      {.name = "open_r1_code", .needs = {"verification_info.test_cases:list"},
       .prompt = "{prompt|problem|question}", .verifier = "code", .instruction = I::kProgram, .example = "open-r1's verifiable coding problems"},
      {.name = "tests", .needs = {"tests:list"},
       .prompt = "{problem|question|description|statement|prompt}\n\nBegin with this code:\n```python\n{starter_code}\n```",
       .chain = C::kProgram, .chain_columns = {"solutions"}, .verifier = "code", .instruction = I::kProgram, .example = "rows with their own tests: a list of {input, output}"},
      {.name = "verification_info", .needs = {"verification_info.ground_truth"},
       .prompt = "{prompt|problem|question}", .gold = G::kValue, .gold_columns = {"verification_info.ground_truth"}, .verifier = "math", .example = "SYNTHETIC-1"},
      {.name = "reasoning_gym", .needs = {"question:text", "answer", "metadata.source_dataset:text"},
       .prompt = "{question}", .gold = G::kValue, .gold_columns = {"answer"}, .verifier = "exact", .instruction = I::kBoxed, .example = "reasoning-gym"},
      {.name = "choices", .needs = {"question:text", "choices:list", "answer"},
       .prompt = "{question}\n\n{choices}", .gold = G::kChoice, .gold_columns = {"answer"}, .verifier = "choice", .instruction = I::kChoice, .example = "MMLU, ARC"},
      {.name = "olympiadbench", .needs = {"question:text", "final_answer:list"},
       .prompt = "{context}\n\n{question}", .gold = G::kValue, .gold_columns = {"final_answer"}, .chain = C::kText, .chain_columns = {"solution"},
       .verifier = "math", .instruction = I::kBoxed, .example = "OlympiadBench"},
      {.name = "gsm8k", .needs = {"answer:hashes"},
       .prompt = "{question|prompt|problem}", .gold = G::kAfterHashes, .gold_columns = {"answer"}, .chain = C::kBeforeHashes, .chain_columns = {"answer"},
       .verifier = "math", .instruction = I::kBoxed, .example = "GSM8K"},
      {.name = "problem_answer", .needs = {"problem:text", "answer"},
       .prompt = "{problem}", .gold = G::kValue, .gold_columns = {"answer"}, .chain = C::kText, .chain_columns = {"solution"},
       .verifier = "math", .instruction = I::kBoxed, .example = "MATH-500, AIME, AMC, DeepScaleR, OpenR1-Math"},
      {.name = "math", .needs = {"problem:text", "solution:box"},
       .prompt = "{problem}", .gold = G::kLastBox, .gold_columns = {"solution"}, .chain = C::kText, .chain_columns = {"solution"},
       .verifier = "math", .instruction = I::kBoxed, .example = "MATH, NuminaMath"},
      {.name = "messages", .needs = {"messages:list"},
       .gold = G::kValue, .gold_columns = {"answer", "ground_truth"}, .chain = C::kReply, .chain_columns = {"messages"}, .verifier = "math", .example = "chat logs for SFT"},
      {.name = "completion", .needs = {"prompt", "completion"},
       .prompt = "{prompt}", .gold = G::kValue, .gold_columns = {"answer", "ground_truth"}, .chain = C::kReply, .chain_columns = {"completion"}, .verifier = "math",
       .example = "TRL's prompt and completion"},
      {.name = "prompt_answer", .needs = {"prompt"},
       .prompt = "{prompt}", .gold = G::kValue, .gold_columns = {"answer", "ground_truth", "solution"}, .verifier = "math", .example = "TRL, verifiers"},
      {.name = "question_answer", .needs = {"question"},
       .prompt = "{question}", .gold = G::kValue, .gold_columns = {"answer", "ground_truth", "final_answer", "solution"}, .verifier = "math", .instruction = I::kBoxed,
       .example = "verifiers, most question sets"},
      {.name = "problem_gold", .needs = {"problem"},
       .prompt = "{problem}", .gold = G::kValue, .gold_columns = {"answer", "ground_truth", "final_answer", "solution"}, .verifier = "math", .instruction = I::kBoxed,
       .example = "problem with any gold column"},
      {.name = "text_answer", .needs = {"text", "answer"},
       .prompt = "{text}", .gold = G::kValue, .gold_columns = {"answer"}, .verifier = "math", .instruction = I::kBoxed, .example = "text with an answer"},
  };
  return table;
}

const Shape& named_columns_shape() {
  static const Shape shape{.name = "named columns", .prompt = "{question|prompt|problem|text}", .gold = GoldRule::kValue,
                           .gold_columns = {"answer", "ground_truth", "final_answer", "solution"}, .verifier = "math", .instruction = Instruction::kBoxed};
  return shape;
}

std::string_view instruction_text(Instruction kind, std::string_view language) {
  switch (kind) {
    case Instruction::kBoxed: return "Put the final answer in \\boxed{}.";
    case Instruction::kChoice: return "Put the letter of the right choice in \\boxed{}.";
    case Instruction::kProgram:
      return "Write the whole program in Python 3 and put it in one ```python fence. Unless it begins with given code, it reads standard input and writes standard output.";
    case Instruction::kFunction:
      return language == "cpp" ? "Write the whole function, with what it includes, in one ```cpp fence." : "Write the whole function, with what it imports, in one ```python fence.";
    case Instruction::kNone: break;
  }
  return {};
}

std::string_view verifier_of_data_source(std::string_view data_source) {
  struct Row {
    std::string_view part, verifier;  // the first whose part the name holds
  };
  static constexpr Row kRows[] = {
      {"codecontests", "code"}, {"code_contests", "code"}, {"apps", "code"}, {"taco", "code"}, {"codeforces", "code"}, {"livecodebench", "code"},
      {"humaneval", "code"}, {"mbpp", "code"}, {"countdown", "countdown"}, {"gsm8k", "math"}, {"math", "math"}, {"MATH", "math"}, {"aime", "math"},
      {"AIME", "math"}, {"numina", "math"}, {"olympiad", "math"},
  };
  for (const Row& row : kRows)
    if (data_source.find(row.part) != std::string_view::npos) return row.verifier;
  return {};
}

}  // namespace laconic::pipeline
