#include <gtest/gtest.h>

#include <chrono>

#include "verifiers/math/extract.h"

namespace laconic::verifiers::math {
namespace {

std::string found(std::string_view text, MathOptions options = {}, bool finished = true) {
  const auto one = extract(text, finished, options);
  return one ? std::string(one->mark) + ": " + one->text : "nothing";
}

TEST(MathExtract, TheFirstMarkOfTheListWins) {
  EXPECT_EQ(found("so \\boxed{1} and <answer>2</answer> #### 3"), "\\boxed{}: 1");
  EXPECT_EQ(found("so <answer>2</answer>; the answer is 4\n#### 3"), "<answer>: 2");
  EXPECT_EQ(found("The answer is 4.\n#### 3"), "a phrase: 4.");
  EXPECT_EQ(found("48 + 24 = 72\n#### 72"), "####: 72");
  EXPECT_EQ(found("it is 72"), "nothing");
}

TEST(MathExtract, TheLastBoxWinsAndBracesMatch) {
  EXPECT_EQ(found("\\boxed{1} \\boxed{\\frac{\\{a\\}}{2}}"), "\\boxed{}: \\frac{\\{a\\}}{2}");
  EXPECT_EQ(found("\\boxed{x = \\boxed{3}}"), "\\boxed{}: 3");
  EXPECT_EQ(found("\\boxed{1} and \\boxed{2"), "\\boxed{}: 1");
  EXPECT_EQ(found("\\fbox{7}"), "\\boxed{}: 7");
  EXPECT_EQ(found("\\boxed{}"), "\\boxed{}: ");
  MathOptions all;
  all.all_boxes = true;
  EXPECT_EQ(found("\\boxed{1} and \\boxed{2}", all), "\\boxed{}: 1, 2");
}

TEST(MathExtract, PhrasesWithMarkdownAndProseAround) {
  EXPECT_EQ(found("**Final Answer:** \\(\\frac{1}{2}\\)"), "a phrase: \\(\\frac{1}{2}\\)");
  EXPECT_EQ(found("The final answer is **42**."), "a phrase: 42**.");
  EXPECT_EQ(found("### Final answer\n\n$$x = 3$$\n"), "a phrase: x = 3");
  EXPECT_EQ(found("The answer is 5. I hope it is correct."), "a phrase: 5");
  EXPECT_EQ(found("the answer is $x=3$, which satisfies both equations that were given"), "a phrase: $x=3$");
  EXPECT_EQ(found("I think the correct answer is C"), "a phrase: C");
  EXPECT_EQ(found("The answer is for sure D, it can't be A or B"), "a phrase: D");
  EXPECT_EQ(found("Answer: 12 apples\nBye"), "a phrase: 12 apples");
  EXPECT_EQ(found("an answerisk 5"), "nothing");
  MathOptions none;
  none.phrases = false;
  EXPECT_EQ(found("The answer is 5", none), "nothing");
  EXPECT_EQ(found("The answer is 5", {}, false), "nothing") << "cut off: more digits may have followed";
}

TEST(MathExtract, BareTextAndLastNumberBySwitch) {
  MathOptions bare;
  bare.bare = true;
  EXPECT_EQ(found(" $|1.1|$ ", bare), "the whole text: $|1.1|$");
  EXPECT_EQ(found("well, let me see what it could be", bare), "nothing");
  MathOptions number;
  number.last_number = true;
  EXPECT_EQ(found("from 3 to -1,234.50.", number), "the last number: -1,234.50");
  EXPECT_EQ(found("about 12% of them", number), "the last number: 12%");
  EXPECT_EQ(found("in 5-3 steps", number), "the last number: 3");
  EXPECT_EQ(found("none", number), "nothing");
}

// Every byte is looked at a bounded number of times: doubling a text of any nasty shape may not
// quadruple the time. Compared with itself, so that a busy machine does not matter much.
TEST(MathExtract, TimeGrowsWithTheLength) {
  MathOptions all;
  all.bare = all.last_number = true;
  const auto seconds = [&](std::string_view piece, std::size_t size) {
    std::string text;
    while (text.size() < size) text += piece;
    double best = 1e9;
    for (int k = 0; k < 3; ++k) {
      const auto start = std::chrono::steady_clock::now();
      (void)extract(text, true, all);
      best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    }
    return best;
  };
  for (const std::string_view piece : {"\\boxed{", "{", "}", "the answer is ", "answer:", "<answer>", "</answer>", "####", "1,", "((", "$", "\\", "final answer**", "i think it's ", "9", "\\text{"}) {
    const double small = seconds(piece, 1u << 17), large = seconds(piece, 1u << 20);
    std::cout << "  " << large * 1000 << " ms a MB of \"" << piece << "\"\n";
    EXPECT_LT(large, 32 * small + 0.05) << piece;  // linear: 8; quadratic: 64
  }
}

}  // namespace
}  // namespace laconic::verifiers::math
