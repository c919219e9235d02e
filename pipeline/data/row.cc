#include "pipeline/data/row.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "pipeline/data/generated.h"
#include "pipeline/data/row_text.h"
#include "pipeline/data/shapes.h"

namespace laconic::pipeline {
namespace {

using nlohmann::json;

// "a.b": the member b of the object a; null when there is none, or it is null.
const json* at_path(const json& row, std::string_view path) {
  const json* here = &row;
  while (true) {
    if (!here->is_object()) return nullptr;
    // A column may have a dot in its own name.
    if (const auto whole = here->find(std::string(path)); whole != here->end()) return whole->is_null() ? nullptr : &*whole;
    const std::size_t dot = path.find('.');
    if (dot == std::string_view::npos) return nullptr;
    const auto inner = here->find(std::string(path.substr(0, dot)));
    if (inner == here->end()) return nullptr;
    here = &*inner;
    path.remove_prefix(dot + 1);
  }
}

template <class Names>
const json* first_of(const json& row, const Names& names) {
  for (const auto& name : names)
    if (const json* found = at_path(row, name)) return found;
  return nullptr;
}

const std::string* text_of(const json* value) { return value && value->is_string() ? value->get_ptr<const std::string*>() : nullptr; }

bool has(const json& row, std::string_view need) {
  const std::size_t colon = need.find(':');
  const json* value = at_path(row, need.substr(0, colon));
  if (!value) return false;
  if (colon == std::string_view::npos) return true;
  const std::string_view kind = need.substr(colon + 1);
  if (kind == "list") return value->is_array();
  if (kind == "number") return value->is_number();
  const std::string* text = text_of(value);
  if (!text || kind == "text") return text != nullptr;
  if (kind == "hashes") return text->find("####") != std::string::npos;
  return last_box(*text).has_value();  // "box"
}

const Shape* find_shape(const json& row) {
  for (const Shape& shape : shapes())
    if (std::all_of(shape.needs.begin(), shape.needs.end(), [&](std::string_view need) { return has(row, need); })) return &shape;
  return nullptr;
}

// nlohmann's parser keeps its own stack, but writing a value recurses.
void check_depth(std::string_view line) {
  constexpr int kMaxDepth = 256;
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted) {
      if (c == '\\') ++i;
      else if (c == '"') quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMaxDepth) throw BadRow(fmt::format("nested deeper than {}", kMaxDepth));
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
}

// `opened`: a text column was replaced by what it holds.
json parse(std::string_view line, bool& opened) {
  check_depth(line);
  json row;
  try {
    row = json::parse(line);
  } catch (const json::parse_error& error) {
    throw BadRow(fmt::format("not valid JSON (byte {})", error.byte));
  } catch (const json::exception&) {
    throw BadRow("not valid JSON (a number is out of range)");
  }
  if (!row.is_object()) throw BadRow(fmt::format("a JSON {}, not an object", row.type_name()));
  for (const char* name : {"info", "metadata", "extra_info", "verification_info"}) {
    const std::string* text = text_of(at_path(row, name));
    if (!text || trimmed(*text).substr(0, 1) != "{") continue;
    try {
      check_depth(*text);
    } catch (const BadRow&) {
      continue;
    }
    json inner = json::parse(*text, nullptr, false);
    if (inner.is_object()) row[name] = std::move(inner), opened = true;
  }
  return row;
}

// A value as people write it: 27.0 is "27".
std::string scalar_text(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_float()) {
    const double number = value.get<double>();
    if (std::abs(number) >= 0x1p53) throw BadRow(fmt::format("the number {} has more digits than a JSON number keeps: write it as a string", value.dump()));
    if (std::floor(number) == number) return fmt::format("{:.0f}", number == 0 ? 0.0 : number);
  }
  return value.dump();
}

// Text in a prompt: a list of texts is one a line, of numbers on one line, of objects lettered by text.
std::string prompt_text(const json& value) {
  if (!value.is_array()) return scalar_text(value);
  std::string out;
  for (const json& item : value) {
    if (!out.empty()) out += item.is_number() ? ", " : "\n";
    out += scalar_text(item);
  }
  return out;
}

std::string choice_list(const json& choices) {
  std::string out;
  for (std::size_t i = 0; i < choices.size(); ++i) out += fmt::format("{}({}) {}", i ? "\n" : "", static_cast<char>('A' + i), scalar_text(choices[i]));
  return out;
}

struct Words {
  std::string system, user;
};

// The text of a message: a string, or parts of type text.
std::string content_of(const json& message) {
  const json* content = at_path(message, "content");
  if (!content) return {};
  if (content->is_string()) return content->get<std::string>();
  if (!content->is_array()) throw BadRow(fmt::format("a message's content is {}, not text", content->type_name()));
  std::string out;
  for (const json& part : *content) {
    const std::string* text = text_of(at_path(part, "text"));
    if (!text) throw BadRow("a message has a part that is not text");
    out += *text;
  }
  return out;
}

struct Turn {
  std::string role, text;
};

std::vector<Turn> turns_of(const json& messages) {
  std::vector<Turn> turns;
  for (const json& message : messages) {
    const std::string* role = text_of(at_path(message, "role"));
    if (!role) throw BadRow("a message has no role");
    turns.push_back({*role, content_of(message)});
  }
  return turns;
}

// A template takes one user text and a system text before it.
Words words_of(std::vector<Turn> turns) {
  Words words;
  std::string roles;
  for (const Turn& turn : turns) roles += (roles.empty() ? "" : ", ") + turn.role;
  std::size_t at = 0;
  if (at < turns.size() && (turns[at].role == "system" || turns[at].role == "developer")) words.system = turns[at++].text;
  if (at + 1 != turns.size() || turns[at].role != "user")
    throw BadRow(fmt::format("the prompt has {} turns ({}); one user message, with or without a system message before it, is what can be asked", turns.size(), roles));
  words.user = turns[at].text;
  return words;
}

// Paragraphs of `form` with columns in their braces; {language} is the fence's tag.
std::string fill(std::string_view form, const json& row, const std::string& language) {
  std::string out;
  while (!form.empty()) {
    const std::size_t end = std::min(form.find("\n\n"), form.size());
    std::string_view paragraph = form.substr(0, end);
    form.remove_prefix(std::min(end + 2, form.size()));
    std::string text;
    bool whole = true;
    while (!paragraph.empty() && whole) {
      const std::size_t open = paragraph.find('{');
      const std::size_t close = open == std::string_view::npos ? open : paragraph.find('}', open);
      text += paragraph.substr(0, open);
      if (close == std::string_view::npos) break;
      std::string_view names = paragraph.substr(open + 1, close - open - 1);
      paragraph.remove_prefix(close + 1);
      if (names.empty()) {  // \boxed{}
        text += "{}";
        continue;
      }
      if (names == "language") {
        text += language;
        continue;
      }
      const json* value = nullptr;
      bool choices = false;
      while (!value && !names.empty()) {
        const std::size_t bar = std::min(names.find('|'), names.size());
        value = at_path(row, names.substr(0, bar));
        choices = names.substr(0, bar) == "choices";
        names.remove_prefix(std::min(bar + 1, names.size()));
      }
      const std::string filled = !value ? "" : choices && value->is_array() ? choice_list(*value) : prompt_text(*value);
      whole = !trimmed(filled).empty();
      text += without_end_breaks(filled);
    }
    if (whole) out += (out.empty() ? "" : "\n\n") + text;
  }
  return out;
}

bool is_one_column(std::string_view form) { return form.size() > 2 && form.front() == '{' && form.find('}') == form.size() - 1; }

std::string column_list(const json& row) {
  std::string out;
  for (const auto& [name, value] : row.items()) out += (out.empty() ? "" : ", ") + name;
  return out.empty() ? "none" : out;
}

const json& column_named(const json& row, const std::string& name) {
  const json* found = at_path(row, name);
  if (!found) throw BadRow(fmt::format("no column \"{}\" (the row has: {})", name, column_list(row)));
  return *found;
}

// What is asked, before the instruction.
Words question_of(const json& row, const Shape& shape, const std::string& language, const RowOptions& options) {
  const auto of_value = [](const json& value, const std::string& name) -> Words {
    if (value.is_array()) return words_of(turns_of(value));
    if (!value.is_string()) throw BadRow(fmt::format("column \"{}\" is {}, not a string", name, value.type_name()));
    return {{}, value.get<std::string>()};
  };
  if (!options.prompt_column.empty()) return of_value(column_named(row, options.prompt_column), options.prompt_column);
  if (shape.prompt.empty()) {
    const json* prompt = at_path(row, "prompt");
    if (prompt) return of_value(*prompt, "prompt");
    std::vector<Turn> turns = turns_of(column_named(row, "messages"));
    if (!turns.empty() && turns.back().role == "assistant") turns.pop_back();  // the reply to imitate
    return words_of(std::move(turns));
  }
  if (is_one_column(shape.prompt)) {
    std::string_view names = shape.prompt.substr(1, shape.prompt.size() - 2);
    while (!names.empty()) {
      const std::size_t bar = std::min(names.find('|'), names.size());
      const std::string name(names.substr(0, bar));
      if (const json* value = at_path(row, name)) return of_value(*value, name);
      names.remove_prefix(std::min(bar + 1, names.size()));
    }
    throw BadRow(fmt::format("no column with the prompt (the row has: {})", column_list(row)));
  }
  return {{}, fill(shape.prompt, row, language)};
}

struct Gold {
  std::vector<std::string> values;  // empty: none
  bool list = false;                // written as a list
};

Gold gold_of(const json& row, const Shape& shape, const RowOptions& options) {
  const json* value = options.answer_column.empty() ? first_of(row, shape.gold_columns) : &column_named(row, options.answer_column);
  if (shape.gold == GoldRule::kNone && options.answer_column.empty()) return {};
  if (!value) {
    if (shape.chain == ChainRule::kReply) return {};  // to imitate; nothing to compare with
    throw BadRow(fmt::format("no column \"{}\" (the row has: {})", fmt::join(shape.gold_columns, "\" or \""), column_list(row)));
  }
  const std::string* text = text_of(value);
  if (shape.gold == GoldRule::kChoice && value->is_number_integer()) {
    const std::int64_t index = value->get<std::int64_t>();
    const json* choices = at_path(row, "choices");
    if (index < 0 || index >= 26 || (choices && index >= static_cast<std::int64_t>(choices->size())))
      throw BadRow(fmt::format("the answer {} is not the index of a choice", index));
    return {{std::string(1, static_cast<char>('A' + index))}, false};
  }
  if (shape.gold == GoldRule::kLastBox && text && options.answer_column.empty()) return {{last_box(*text).value_or("")}, false};
  if (text) {
    const std::size_t mark = text->rfind("####");
    return {{std::string(trimmed(mark == std::string::npos ? std::string_view(*text) : std::string_view(*text).substr(mark + 4)))}, false};
  }
  if (value->is_object() && shape.name == "verl") return {};  // an environment's own: its verifier reads the row
  if (value->is_object()) throw BadRow("the answer is a JSON object: name the column with the gold inside it (data.answer_column = \"answer.value\")");
  if (!value->is_array()) return {{scalar_text(*value)}, false};
  Gold gold;
  gold.list = value->size() > 1;
  for (const json& item : *value) {
    if (item.is_structured() || item.is_null()) throw BadRow("the answer is a list of something that is neither text nor number");
    gold.values.push_back(std::string(trimmed(scalar_text(item))));
  }
  return gold;
}

std::string first_text(const json* value) {
  if (!value) return {};
  if (value->is_array()) return value->empty() ? std::string() : first_text(&value->front());
  if (!value->is_string()) return {};
  const std::string& text = value->get_ref<const std::string&>();
  // APPS: a JSON list of programs in a string.
  if (trimmed(text).substr(0, 2) == "[\"") {
    const json inner = json::parse(text, nullptr, false);
    if (inner.is_array() && !inner.empty() && inner.front().is_string()) return inner.front().get<std::string>();
  }
  return text;
}

void fill_solution(const json& row, const Shape& shape, const Gold& gold, std::string_view language, Problem& problem) {
  const json* chain = first_of(row, shape.chain_columns);
  switch (shape.chain) {
    case ChainRule::kNone: break;
    case ChainRule::kText: problem.chain = std::string(trimmed(first_text(chain))); break;
    case ChainRule::kBeforeHashes: {
      const std::string text = first_text(chain);
      problem.chain = std::string(trimmed(without_calculator_marks(std::string_view(text).substr(0, text.rfind("####")))));
      break;
    }
    case ChainRule::kProgram:
    case ChainRule::kFunction: {
      std::string program = first_text(chain);
      if (program.empty()) break;
      if (shape.chain == ChainRule::kFunction) {
        const std::string prompt = first_text(at_path(row, "prompt"));
        program = prompt + (prompt.empty() || prompt.back() == '\n' ? "" : "\n") + program;
      }
      problem.solution = fmt::format("```{}\n{}\n```", language, without_end_breaks(program));
      break;
    }
    case ChainRule::kReply: {
      if (!chain) break;
      std::string text;
      if (chain->is_array()) {
        const std::vector<Turn> turns = turns_of(*chain);
        if (turns.empty() || turns.back().role != "assistant") break;
        text = turns.back().text;
      } else {
        text = first_text(chain);
      }
      const Reply reply = split_reply(text);
      problem.chain = reply.chain;
      problem.solution = reply.rest;
      break;
    }
  }
  if (const std::string* own = text_of(at_path(row, "chain"))) problem.chain = *own;
  if (!problem.chain.empty() && problem.solution.empty() && !gold.values.empty()) problem.solution = fmt::format("\\boxed{{{}}}", fmt::join(gold.values, ", "));
}

std::string verifier_of(const json& row, const Shape& shape, const Gold& gold, const RowOptions& options) {
  for (const char* column : {"data_source", "task", "source_dataset", "metadata.source_dataset"}) {
    const std::string* value = text_of(at_path(row, column));
    if (!value) continue;
    for (const std::string& entry : options.verifiers) {
      const std::size_t equals = entry.rfind('=');
      if (trimmed(std::string_view(entry).substr(0, equals)) == *value) return std::string(trimmed(std::string_view(entry).substr(equals + 1)));
    }
  }
  if (options.verifier != "auto") return options.verifier;
  if (shape.name == "verl" || shape.verifier.empty()) {
    const std::string* source = text_of(at_path(row, "data_source"));
    if (source && !verifier_of_data_source(*source).empty()) return std::string(verifier_of_data_source(*source));
    if (!gold.values.empty() && gold.values[0].substr(0, 1) == "{" && gold.values[0].find("\"inputs\"") != std::string::npos) return "code";
  }
  return std::string(shape.verifier);
}

// What users write sees their rows as they are.
bool reads_rows_itself(const std::string& verifier) {
  return verifier == "python" || verifier == "process" || verifier == "library" || verifier == "rubric";
}

}  // namespace

std::string_view shape_of(std::string_view line) {
  bool opened = false;
  const json row = parse(line, opened);
  const Shape* shape = find_shape(row);
  if (!shape) throw BadRow(fmt::format("no known shape (the row has: {})", column_list(row)));
  return shape->name;
}

Problem read_row(std::string_view line, const std::string& id, const RowOptions& options) {
  bool changed = false;
  json row = parse(line, changed);
  const Shape* shape = find_shape(row);
  const bool named = !options.prompt_column.empty() || !options.answer_column.empty();
  if (!shape && named) shape = &named_columns_shape();
  if (!shape) throw BadRow(fmt::format("no column \"question\", \"prompt\" or \"problem\" with an answer (the row has: {}); data.prompt_column and data.answer_column name them", column_list(row)));

  std::string language = shape->verifier == "code" ? "python" : "";
  if (shape->name == "humaneval_x") {
    const std::string& task = row["task_id"].get_ref<const std::string&>();
    if (task.rfind("CPP/", 0) == 0) language = "cpp";
    else if (task.rfind("Python/", 0) != 0) throw BadRow(fmt::format("task {} is in a language that no verifier runs", task));
  }

  Problem problem;
  problem.id = id;
  Words words = question_of(row, *shape, language, options);
  if (trimmed(words.user).empty()) throw BadRow("the prompt is empty");
  problem.system = std::move(words.system);
  problem.question = question_hash(words.user);
  const std::string instruction = options.instruction == "auto" ? std::string(instruction_text(shape->instruction, language)) : options.instruction;
  problem.prompt = std::move(words.user) + (instruction.empty() ? "" : "\n\n" + instruction);

  const Gold gold = gold_of(row, *shape, options);
  problem.verifier = verifier_of(row, *shape, gold, options);
  fill_solution(row, *shape, gold, language, problem);
  if (options.needs_solution && problem.solution.empty())
    throw BadRow("no worked solution to imitate (text before \"####\", a column \"solution\", \"chain\", \"completion\" or \"messages\")");
  if (!gold.values.empty() && !(row.contains("answer") && reads_rows_itself(problem.verifier))) {
    json answer = gold.list ? json(gold.values) : json(gold.values[0]);
    changed = changed || gold.list || !row.contains("answer") || row["answer"] != answer;
    row["answer"] = std::move(answer);
    if (gold.list) {
      // OlympiadBench lists the parts of one answer; elsewhere a list holds alternatives.
      const json* parts = at_path(row, "is_multiple_answer");
      if (!row.contains("answer_match")) row["answer_match"] = parts && parts->is_boolean() && parts->get<bool>() ? "all" : "any";
    }
  }
  // An unchanged row stays the text it was: integers of more than 64 bits keep their digits.
  problem.columns = changed ? row.dump() : std::string(trimmed(line));
  return problem;
}

}  // namespace laconic::pipeline
