#include <gmock/gmock.h>

#include "base/error.h"
#include "learner/objective/options.h"

namespace laconic::learner {
namespace {

TEST(ObjectiveOptions, EveryKeyIsDocumentedAndItsDefaultIsValid) {
  ObjectiveOptions objective;
  LossOptions loss;
  OptimizerOptions optimizer;
  RouterOptions router;
  LoraOptions lora;
  OptionSet set;
  set.section("objective", objective);
  set.section("loss", loss);
  set.section("optimizer", optimizer);
  set.section("router", router);
  set.section("lora", lora);
  EXPECT_EQ(set.options().size(), 10u + 9u + 10u + 4u + 3u);
  for (const OptionSet::Option& option : std::vector(set.options())) {
    EXPECT_GT(option.doc.help.size(), 10u) << option.name;
    EXPECT_EQ(option.doc.help.find('\n'), std::string::npos) << option.name;
    if (OptionSet::type_name(option) != "string")
      EXPECT_NO_THROW(set.set_text(option.name, option.default_text, "test")) << option.name;
    else
      EXPECT_NO_THROW(set.set(option.name, option.default_text.substr(1, option.default_text.size() - 2), "test")) << option.name;
  }
}

TEST(ObjectiveOptions, WrongValuesAreNamed) {
  ObjectiveOptions objective;
  OptionSet set;
  set.section("objective", objective);
  EXPECT_THROW(set.set_text("objective.truncation_factor", "1.5", "r.toml:3"), Error);
  try {
    set.set_text("objective.advantage", "group_men", "r.toml:4");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.next(), testing::HasSubstr("group_mean"));
    EXPECT_EQ(error.where(), "r.toml:4");
  }
  set.set_text("objective.advantage", "leave_one_out", "r.toml:4");
  EXPECT_EQ(objective.advantage, "leave_one_out");
}

}  // namespace
}  // namespace laconic::learner
