#include <gtest/gtest.h>

#include "base/error.h"
#include "base/options.h"

namespace laconic {
namespace {

struct Inner {
  double temperature = 1.0;
  std::string kind = "constant";
  std::vector<double> betas = {0.9, 0.95};
  void declare(OptionSet& set) {
    set.add("temperature", temperature, {.help = "softmax temperature", .min = 0, .max = 10});
    set.add("kind", kind, {.help = "the schedule", .choices = {"constant", "linear", "cosine"}});
    set.add("betas", betas, {.help = "decay rates", .min = 0, .max = 1});
  }
};

struct Outer {
  int steps = 3;
  bool on = false;
  Inner inner;
  void declare(OptionSet& set) {
    set.add("steps", steps, {.help = "how many", .unit = "steps", .min = 1});
    set.add("on", on, {.help = "a switch"});
    set.section("inner", inner);
  }
};

std::string error_of(auto&& action) {
  try {
    action();
  } catch (const Error& error) {
    return render(error);
  }
  return "no error";
}

TEST(Options, SetsAndKeepsDefaults) {
  Outer outer;
  OptionSet set;
  outer.declare(set);
  set.set("inner.temperature", std::int64_t{2}, "a.toml:3");
  set.set_text("steps", "12", "command line");
  set.set_text("on", "true", "command line");
  set.set_text("inner.betas", "[0.5, 0.25]", "command line");
  EXPECT_EQ(outer.inner.temperature, 2.0);
  EXPECT_EQ(outer.steps, 12);
  EXPECT_TRUE(outer.on);
  EXPECT_EQ(outer.inner.betas, (std::vector<double>{0.5, 0.25}));
  EXPECT_EQ(set.options()[0].default_text, "3");
  EXPECT_EQ(OptionSet::value_text(set.options()[2]), "2.0");
}

TEST(Options, RefusalsNameValuePlaceAndNextStep) {
  Outer outer;
  OptionSet set;
  outer.declare(set);
  EXPECT_EQ(error_of([&] { set.set("inner.temprature", 1.0, "r.toml:4"); }),
            "error: unknown key `inner.temprature`\n   at: r.toml:4\n hint: did you mean `inner.temperature`?\n");
  EXPECT_NE(error_of([&] { set.set("temperature", 1.0, "r.toml:4"); }).find("`inner.temperature`"), std::string::npos);
  EXPECT_NE(error_of([&] { set.set("steps", std::string("many"), "r.toml:5"); }).find("\"many\", but must be a int"), std::string::npos);
  EXPECT_NE(error_of([&] { set.set("steps", std::int64_t{0}, "r.toml:5"); }).find("must be at least 1 steps"), std::string::npos);
  EXPECT_NE(error_of([&] { set.set_text("steps", "1.5", "command line"); }).find("1.5"), std::string::npos);
  EXPECT_NE(error_of([&] { set.set("inner.kind", std::string("cosin"), "r.toml:6"); }).find("did you mean `inner.kind = \"cosine\"`"), std::string::npos);
  EXPECT_NE(error_of([&] { set.set("steps", std::int64_t{1} << 40, "r.toml:5"); }).find("1099511627776"), std::string::npos);
  EXPECT_EQ(outer.steps, 3);
}

}  // namespace
}  // namespace laconic
