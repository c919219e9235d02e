#include "cli/stop_text.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/philox.h"

namespace laconic::cli {
namespace {

// `text` in pieces that end at `cuts`, as one text.
std::string through(StopText& stop, const std::string& text, const std::vector<std::size_t>& cuts) {
  std::string out;
  std::size_t at = 0;
  for (const std::size_t cut : cuts) {
    out += stop.add(text.substr(at, cut - at));
    at = cut;
  }
  out += stop.add(text.substr(at));
  return out + stop.finish();
}

TEST(StopText, EndsBeforeAStopTextWhereverItIsCut) {
  const std::string text = "Paris.\n\nQuestion: what", stop = "\n\nQuestion";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    StopText one({stop});
    EXPECT_EQ(through(one, text, {cut}), "Paris.");
    EXPECT_TRUE(one.stopped());
    EXPECT_EQ(one.found(), stop);
  }
}

TEST(StopText, ShowsAtOnceWhatCannotBeTheBeginningOfOne) {
  StopText stop({"END", "\n\n"});
  EXPECT_EQ(stop.add("one two E"), "one two ");
  EXPECT_EQ(stop.add("N"), "");
  EXPECT_EQ(stop.add("x"), "ENx");
  EXPECT_EQ(stop.add("\n"), "");
  EXPECT_EQ(stop.add("y\nzEN"), "\ny\nz");
  EXPECT_FALSE(stop.stopped());
  EXPECT_EQ(stop.finish(), "EN");
  EXPECT_EQ(StopText({}).add("all of it"), "all of it");
}

TEST(StopText, NothingComesOutAfterTheEnd) {
  StopText stop({"."});
  EXPECT_EQ(stop.add("a.b"), "a");
  EXPECT_EQ(stop.add("c"), "");
  EXPECT_EQ(stop.finish(), "");
}

// Against the whole text searched at once: texts and stops over two letters, cut anywhere.
TEST(StopText, RandomTextsEndWhereTheWholeTextDoesHoweverTheyAreCut) {
  PhiloxStream random(3, 1);
  const auto letters = [&](std::size_t n) {
    std::string text;
    for (std::size_t i = 0; i < n; ++i) text += random.below(2) ? 'a' : 'b';
    return text;
  };
  int stopped = 0;
  for (int trial = 0; trial < 3000; ++trial) {
    const std::string text = letters(random.below(24));
    std::vector<std::string> stops;
    for (std::uint32_t n = 1 + random.below(3); n > 0; --n) stops.push_back(letters(1 + random.below(7)));
    std::size_t first = text.size(), end = std::string::npos;  // of the one that is complete first; of two the longer
    for (const std::string& stop : stops)
      if (const std::size_t at = text.find(stop); at != std::string::npos && std::pair(at + stop.size(), at) < std::pair(end, first)) first = at, end = at + stop.size();
    std::vector<std::size_t> cuts;
    for (std::uint32_t n = random.below(5); n > 0; --n) cuts.push_back(random.below(static_cast<std::uint32_t>(text.size() + 1)));
    std::sort(cuts.begin(), cuts.end());
    StopText stop(stops);
    EXPECT_EQ(through(stop, text, cuts), text.substr(0, first));
    EXPECT_EQ(stop.stopped(), first < text.size());
    stopped += stop.stopped();
  }
  EXPECT_GT(stopped, 500);
  EXPECT_LT(stopped, 2900);
}

}  // namespace
}  // namespace laconic::cli
