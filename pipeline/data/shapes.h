// The shapes that data sets come in, as a table: which columns tell one, and where in it the prompt, the
// gold, the worked solution and the kind of judging stand. A row is read by the first shape whose columns
// it has; nothing else in the loader knows a data set by name. docs/data.md shows the table.
//
// A column is named by a dotted path ("reward_model.ground_truth").
#pragma once

#include <string_view>
#include <vector>

namespace laconic::pipeline {

enum class GoldRule {
  kNone,        // there is none to compare with: tests judge, or nothing does
  kValue,       // the column's value: text, a number as text (27.0 is "27"), or a list of these
  kAfterHashes, // text after the last "####"
  kLastBox,     // what the last \boxed{} (or \fbox{}) of a text holds
  kChoice,      // a letter, or the index of a choice as a letter
};

enum class ChainRule {
  kNone,
  kText,          // the column's text; of a list its first
  kBeforeHashes,  // text before the last "####", without <<calculator marks>>
  kProgram,       // no chain; the solution is the column's text (of a list its first) as a fenced program
  kFunction,      // the same with the prompt's code before it
  kReply,         // an assistant's message or text: "<think>chain</think>solution"
};

// Which paragraph `data.instruction = "auto"` adds after the prompt.
enum class Instruction { kNone, kBoxed, kChoice, kProgram, kFunction };

struct Shape {
  std::string_view name;
  // Columns a row must have (none of them null). After a colon, what is in it: "list", "text", "number",
  // "hashes" (text with "####"), "box" (text with a box).
  std::vector<std::string_view> needs;
  // Paragraphs with columns in braces, "{question}"; one whose column is missing, null or empty is left out;
  // "{a|b}" is the first of two that is there. Empty: the row's messages.
  std::string_view prompt;
  GoldRule gold = GoldRule::kNone;
  std::vector<std::string_view> gold_columns;    // the first that is there
  ChainRule chain = ChainRule::kNone;
  std::vector<std::string_view> chain_columns;   // the first that is there
  std::string_view verifier;                     // name in the verifiers' registry
  Instruction instruction = Instruction::kNone;
  std::string_view example;                      // a data set that comes so
};

const std::vector<Shape>& shapes();

// Shapes for rows whose columns are named in the recipe: prompt and gold by `data.prompt_column` and
// `data.answer_column`.
const Shape& named_columns_shape();

// The paragraph of a kind; `language` is a fence's tag ("python", "cpp").
std::string_view instruction_text(Instruction kind, std::string_view language);

// The verifier that a verl row's `data_source` asks for; empty when the name says nothing.
std::string_view verifier_of_data_source(std::string_view data_source);

}  // namespace laconic::pipeline
