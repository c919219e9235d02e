#include "verifiers/math/options.h"



namespace laconic::verifiers::math {

void MathOptions::declare(OptionSet& set) {
  set.add("phrases", phrases, {.help = "without a box or tag, look for phrases such as \"the final answer is …\""});
  set.add("last_number", last_number, {.help = "without anything else, take the last number of the response"});
  set.add("bare", bare, {.help = "a response that is nothing but one mathematical value is the answer"});
  set.add("all_boxes", all_boxes, {.help = "several boxes form a list; otherwise the last box is the answer"});
  set.add("undecided", undecided, {.help = "what an undecided comparison becomes", .choices = {"absent", "fail", "pass"}});
  set.add("not_understood", not_understood,
          {.help = "an answer that the grammar does not know: undecided if a part of it equals the gold (trace), always fail, or always undecided",
           .choices = {"trace", "fail", "undecided"}});
  set.add("percent", percent, {.help = "50% is the value 0.5, the number 50, or either", .choices = {"value", "number", "either"}});
  set.add("lists", lists, {.help = "order of bare comma lists", .choices = {"unordered", "ordered"}});
  set.add("sets", sets, {.help = "order inside {…}", .choices = {"unordered", "ordered"}});
  set.add("units", units,
          {.help = "agree: one side may leave the unit out, two units must be the same; ignore; require the gold's", .choices = {"agree", "ignore", "require"}});
  set.add("golds", golds, {.help = "a gold that is a list of answers: any of them, or all of them", .choices = {"any", "all"}});
  set.add("decimal_comma", decimal_comma,
          {.help = "a comma read as a decimal point where the gold is a number: never, with two or more digits behind it (3,14), or any (0,5)",
           .choices = {"never", "likely", "any"}});
  set.add("letters", letters, {.help = "\"(A) text\" is the choice A, or plain text", .choices = {"choice", "text"}});
  set.add("tolerance_absolute", tolerance_absolute, {.help = "numbers this near are equal; 0: exact", .min = 0});
  set.add("tolerance_relative", tolerance_relative, {.help = "numbers this near, relative to the gold, are equal; 0: exact", .min = 0});
  set.add("row_tolerance", row_tolerance, {.help = "a row's column `error` is an absolute tolerance"});
  set.add("ratio_is_quotient", ratio_is_quotient, {.help = "the ratio 1:2 equals the number 1/2"});
}

}  // namespace laconic::verifiers::math
