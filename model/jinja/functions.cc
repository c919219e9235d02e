// The functions that templates may call: those of jinja2, and the two that transformers adds.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/error.h"
#include "model/jinja/lexer.h"
#include "model/jinja/library.h"
#include "model/tokenizer/tokenizer.h"

namespace laconic::model::jinja {
namespace {

// A run is a function of its recipe, not of the day: templates that ask for the time are told this one,
// the date that Llama's templates fall back to.
struct { int year = 2024, month = 7, day = 26, weekday = 5, day_of_year = 208; } constexpr kNow;

constexpr std::string_view kMonths[] = {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"};
constexpr std::string_view kDays[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};

std::string time_part(const Call& call, char what) {
  switch (what) {
    case 'Y': return std::to_string(kNow.year);
    case 'y': return fmt::format("{:02}", kNow.year % 100);
    case 'm': return fmt::format("{:02}", kNow.month);
    case 'd': return fmt::format("{:02}", kNow.day);
    case 'e': return fmt::format("{:2}", kNow.day);
    case 'j': return fmt::format("{:03}", kNow.day_of_year);
    case 'B': return std::string(kMonths[kNow.month - 1]);
    case 'b': return std::string(kMonths[kNow.month - 1].substr(0, 3));
    case 'A': return std::string(kDays[kNow.weekday]);
    case 'a': return std::string(kDays[kNow.weekday].substr(0, 3));
    case 'w': return std::to_string(kNow.weekday);
    case 'F': return fmt::format("{}-{:02}-{:02}", kNow.year, kNow.month, kNow.day);
    case 'H': case 'M': case 'S': return "00";
    case 'I': return "12";
    case 'p': return "AM";
    case 'T': return "00:00:00";
    case '%': return "%";
    default: call.fail(fmt::format("does not know the format %{}", what));
  }
}

Value strftime_now(const Call& call) {
  const MarkedText& format = call.text(0);
  MarkedText out;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format.bytes[i] != '%' || i + 1 == format.size()) out.append(std::string_view(format.bytes).substr(i, 1), format.origin(i));
    else out.append(time_part(call, format.bytes[i + 1]), format.origin(i)), ++i;
  }
  return call.make(std::move(out));
}

Value range(const Call& call) {
  const bool one = !call.has(1);
  const std::int64_t start = one ? 0 : call.integer_or(0, 0), stop = one ? call.integer_or(0, 0) : call.integer_or(1, 0), step = call.integer_or(2, 1);
  if (step == 0) call.fail("has a step of zero");
  std::vector<Value> items;
  constexpr std::int64_t kMost = 100000;  // as in jinja2's sandbox
  for (std::int64_t at = start; step > 0 ? at < stop : at > stop;) {
    if (static_cast<std::int64_t>(items.size()) == kMost) call.fail(fmt::format("has more than {} numbers", kMost));
    items.emplace_back(at);
    if (__builtin_add_overflow(at, step, &at)) break;
  }
  return call.make(std::move(items));
}

Value dict(const Call& call) {
  std::vector<std::pair<Value, Value>> items;
  if (call.has(0)) {
    if (!call[0].dict()) call.fail(fmt::format("wants a dict, not {}", call[0].type_name()));
    items = call[0].dict()->items;
  }
  for (const auto& named : call.named) {
    const auto found = std::find_if(items.begin(), items.end(), [&](const auto& item) { return item.first.is_text() && item.first.text()->bytes == named.first; });
    if (found != items.end()) found->second = named.second;
    else items.emplace_back(std::string_view(named.first), named.second);
  }
  call.budget.grow(call.at, items.size() * 2 * sizeof(Value));
  return Value(std::move(items));
}

Value raise_exception(const Call& call) {
  throw Error("the chat template refuses this conversation: " + lossy_utf8(soft_text(call, call[0]).bytes));
}

struct Row {
  std::string_view name;
  Value (*function)(const Call&);
};
constexpr Row kFunctions[] = {{"range", range}, {"dict", dict}, {"raise_exception", raise_exception}, {"strftime_now", strftime_now}};

}  // namespace

Value function_named(std::string_view name) {
  for (const Row& row : kFunctions)
    if (row.name == name) return Function{row.name};
  return Undefined{std::string(name)};
}

Value call_function(Budget& budget, Place at, std::string_view name, Arguments arguments) {
  for (const Row& row : kFunctions)
    if (row.name == name) return row.function(bind(budget, at, fmt::format("the function `{}`", name), {}, true, std::move(arguments)));
  fail(at, fmt::format("the function `{}` is not supported", name));
}

}  // namespace laconic::model::jinja
