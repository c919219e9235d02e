// The Jinja subset against jinja2 (tests/golden/make_chat.py), its bounds, and where its text comes from.
#include "model/jinja/template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "tests/model/support.h"

namespace laconic::model::jinja {
namespace {

using Json = nlohmann::ordered_json;

Value value_of(const Json& json) {
  if (json.is_null()) return None{};
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_integer()) return json.get<std::int64_t>();
  if (json.is_number()) return json.get<double>();
  if (json.is_string()) return std::string_view(json.get_ref<const std::string&>());
  if (json.is_array()) {
    std::vector<Value> items;
    for (const Json& item : json) items.push_back(value_of(item));
    return items;
  }
  std::vector<std::pair<Value, Value>> members;
  for (const auto& [key, item] : json.items()) members.emplace_back(std::string_view(key), value_of(item));
  return members;
}

std::string rendered(const std::string& source, const Variables& variables = {}) { return Template(source).render(variables).bytes; }

std::string refusal(const std::string& source, const Variables& variables = {}) {
  try {
    rendered(source, variables);
  } catch (const Error& error) {
    return error.where() + ": " + error.message();
  }
  return "";
}

TEST(Jinja, ExpressionsAreThoseOfJinja2) {
  const Json golden = Json::parse(read_file(golden_folder() / "chat" / "expressions.json"));
  Variables variables;
  for (const auto& [name, json] : golden["variables"].items()) variables.emplace_back(name, value_of(json));
  int refused = 0;
  for (const Json& row : golden["expressions"]) {
    const std::string source = row["source"];
    SCOPED_TRACE(source);
    if (row["text"].is_null()) {
      ++refused;
      EXPECT_NE(refusal(source, variables), "");
    } else {
      try {
        EXPECT_EQ(rendered(source, variables), row["text"].get<std::string>());
      } catch (const Error& error) {
        ADD_FAILURE() << render(error);
      }
    }
  }
  EXPECT_GT(refused, 30);
}

TEST(Jinja, NamesWhatItLacksAndWhere) {
  EXPECT_EQ(refusal("{{ 'a' }}\n  {% include 'x' %}"), "the chat template, line 2, column 6: the statement {% include %} is not supported");
  EXPECT_EQ(refusal("x\n{{ 1 |\n  wordwrap(3) }}"), "the chat template, line 2, column 6: the filter `wordwrap` is not supported");
  EXPECT_EQ(refusal("{{ 1 is escaped }}"), "the chat template, line 1, column 6: the test `is escaped` is not supported");
  EXPECT_EQ(refusal("{{ 'x'.zfill(3) }}"), "the chat template, line 1, column 7: the method `str.zfill` is not supported");
  EXPECT_EQ(refusal("{{ lipsum() }}"), "the chat template, line 1, column 10: the function `lipsum` is not supported");
  EXPECT_EQ(refusal("{{ '%s' % 1 }}"), "the chat template, line 1, column 9: formatting a text with `%` is not supported");
  EXPECT_EQ(refusal("{{ [1] }}"), "the chat template, line 1, column 4: this output cannot write a value of type list as text; the template should say `| tojson`");
  EXPECT_EQ(refusal("{% for x in y recursive %}{% endfor %}"), "the chat template, line 1, column 15: recursive loops are not supported");
  EXPECT_EQ(refusal("{{ raise_exception('only users') }}"), ": the chat template refuses this conversation: only users");
  // What a chat does not come to is not looked at.
  EXPECT_EQ(rendered("{% if tools %}{{ tools | wordwrap }}{{ 'x'.zfill() }}{% endif %}ok"), "ok");
}

TEST(Jinja, IsBounded) {
  EXPECT_THAT(refusal("{% set r = range(100000) %}{% for i in r if 1 %}{% for j in 'abc' if i in r %}{% endfor %}{% endfor %}"), testing::HasSubstr("too many steps"));
  EXPECT_THAT(refusal("{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}"), testing::HasSubstr("too much text"));
  EXPECT_THAT(refusal("{% set ns = namespace(x='a') %}{% for i in range(100) %}{% set ns.x = ns.x + ns.x %}{% endfor %}"), testing::HasSubstr("too much text"));
  EXPECT_THAT(refusal("{{ 'abc' * 1000000000000 }}"), testing::HasSubstr("too much text"));
  EXPECT_THAT(refusal("{{ ('x' * 10000) | replace('x', 'y' * 100000) }}"), testing::HasSubstr("too much text"));
  EXPECT_THAT(refusal("{{ ('\n' * 1000000) | indent(1000) }}"), testing::HasSubstr("too much text"));
  EXPECT_THAT(refusal("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}"), testing::HasSubstr("too deeply"));
  EXPECT_THAT(refusal("{% set ns = namespace(x=[]) %}{% for i in range(1000) %}{% set ns.x = [ns.x] %}{% endfor %}"), testing::HasSubstr("deep"));
  EXPECT_THAT(refusal("{{ " + std::string(100000, '(') + "1" + std::string(100000, ')') + " }}"), testing::HasSubstr("deep"));
  EXPECT_THAT(refusal("{{ " + std::string(100000, '-') + "1 }}"), testing::HasSubstr("deep"));
  std::string sum = "1", nots, ifs;
  for (int i = 0; i < 100000; ++i) sum += "+1";
  EXPECT_THAT(refusal("{{ " + sum + " }}"), testing::HasSubstr("deep"));
  for (int i = 0; i < 10000; ++i) nots += "not ";
  EXPECT_THAT(refusal("{{ " + nots + "1 }}"), testing::HasSubstr("deep"));
  for (int i = 0; i < 10000; ++i) ifs += "{% if 1 %}";
  EXPECT_THAT(refusal(ifs), testing::HasSubstr("deep"));
  EXPECT_THAT(refusal("{{ 9223372036854775807 + 1 }}"), testing::HasSubstr("64 bits"));
  EXPECT_THAT(refusal("{{ (-9223372036854775807 - 1) // -1 }}"), testing::HasSubstr("64 bits"));
  EXPECT_EQ(rendered("{{ 'abc'[::9223372036854775807] }}{{ 'abc'[-9223372036854775807:] }}"), "aabc");
  EXPECT_EQ(rendered("{% set ns = namespace() %}{% set ns.me = ns %}{{ ns.me.me == ns }}"), "True");
}

// Wherever a message's words go, they stay the message's; what the template adds is the template's.
TEST(Jinja, TextKeepsItsOrigin) {
  const Variables variables = {{"u", MarkedText("  one<TWO>three  ", TextOrigin::kUser)}, {"words", std::vector<Value>{MarkedText("x", TextOrigin::kUser), MarkedText("y", TextOrigin::kMessage)}}};
  const auto users = [&](const std::string& source) {
    const MarkedText text = Template(source).render(variables);
    EXPECT_EQ(text.bytes.size(), text.origins.size());
    std::string shown;
    for (std::size_t i = 0; i < text.size(); ++i) shown += text.origin(i) == TextOrigin::kTemplate ? '.' : text.origin(i) == TextOrigin::kUser ? text.bytes[i] : '!';
    return shown;
  };
  EXPECT_EQ(users("<{{ u | trim }}>"), ".one<TWO>three.");
  EXPECT_EQ(users("{{ '<' + u.strip() ~ '>' }}"), ".one<TWO>three.");
  EXPECT_EQ(users("{{ u.split('<')[-1] }}|{{ u[3:6] }}"), "TWO>three  .ne<");
  EXPECT_EQ(users("{{ u | trim | upper }}{{ u.strip() | replace('TWO', '2') }}"), "ONE<TWO>THREEone<.>three");
  EXPECT_EQ(users("{{ 'a-b'.replace('-', u.strip()) }}"), ".one<TWO>three.");
  EXPECT_EQ(users("{{ words | join(', ') }}{{ words | tojson }}"), "x..!..x....!..");
  EXPECT_EQ(users("{% set t %}[{{ u.strip() }}]{% endset %}{{ t }}{% macro m(x) %}({{ x }}){% endmacro %}{{ m(words[0]) }}"), ".one<TWO>three..x.");
  EXPECT_EQ(users("{% for c in u.strip()[:4] %}{{ c }}{% endfor %}{{ u | trim | reverse }}"), "one<eerht>OWT<eno");
  EXPECT_EQ(users("{% for k, v in {u.strip(): words[0]}.items() %}{{ k }}{{ v }}{% endfor %}"), "one<TWO>threex");
  EXPECT_EQ(users("{{ strftime_now(words[0] + '%d') }}{{ u.strip() | indent(1, true) }}"), "x...one<TWO>three");
}

}  // namespace
}  // namespace laconic::model::jinja
