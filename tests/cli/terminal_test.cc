#include "cli/terminal.h"

#include <cmath>

#include <gtest/gtest.h>

#include "base/philox.h"
#include "cli/format.h"
#include "cli/table.h"

namespace laconic::cli {
namespace {

TEST(Terminal, HostileTextCannotReachTheTerminal) {
  EXPECT_EQ(printable("\x1b[2Jcleared\x07"), "␛[2Jcleared␇");
  EXPECT_EQ(printable("a\nb\tc"), "a\nb\tc");
  EXPECT_EQ(printable("a\nb\tc", true), "a↵b⇥c");
  EXPECT_EQ(printable("\xC2\x9B" "31m\xE2\x80\xAE"), "\xEF\xBF\xBD" "31m\xEF\xBF\xBD");  // C1 CSI, right-to-left override
  EXPECT_EQ(printable(std::string("\0", 1)), "␀");
  PhiloxStream random(3, 0);
  for (int round = 0; round < 200; ++round) {
    std::string bytes;
    for (int i = 0; i < 64; ++i) bytes += static_cast<char>(random.next());
    for (const char c : printable(bytes, true)) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
  }
}

TEST(Terminal, WidthCountsColumns) {
  EXPECT_EQ(display_width("abc"), 3);
  EXPECT_EQ(display_width("答案"), 4);
  EXPECT_EQ(display_width("\x1b[31mred\x1b[0m"), 3);
  EXPECT_EQ(shortened("abcdef", 4), "abc…");
  EXPECT_EQ(shortened("答案答案", 5), "答案…");
  EXPECT_EQ(shortened("abc", 3), "abc");
  EXPECT_EQ(shortened("abc", 0), "");
}

TEST(Terminal, CurvesAndBars) {
  EXPECT_EQ(sparkline({0, 1, 2, 3, 4, 5, 6, 7}, 20), "▁▂▃▄▅▆▇█");
  EXPECT_EQ(sparkline({0, 7, NAN, 0}, 3), "█ ▁");
  EXPECT_EQ(sparkline({5, 5}, 9), "▄▄");
  EXPECT_EQ(bar(1, 4), "████");
  EXPECT_EQ(bar(0, 4), "    ");
  EXPECT_EQ(bar(0.5, 3), "█▌ ");
  EXPECT_EQ(bar(7, 2), "██");
}

TEST(Format, AbsentIsNotZero) {
  EXPECT_EQ(percent(std::nullopt), "–");
  EXPECT_EQ(percent(0.614), "61.4 %");
  EXPECT_EQ(fixed(NAN, 2), "–");
  EXPECT_EQ(signed_fixed(0.05, 2), "+0.05");
  EXPECT_EQ(signed_fixed(-0.001, 2), "0.00");
  EXPECT_EQ(short_count(38123), "38.1k");
}

TEST(Table, AlignsAndShortensOnlyTheElasticColumn) {
  Table table({{"name"}, {"tokens", true}, {"text", false, true}});
  table.add({"a", "12", "a rather long response text"});
  table.add({"bcd", "7", "short"});
  EXPECT_EQ(table.text(0, {}), "name  tokens  text\na         12  a rather long response text\nbcd        7  short\n");
  EXPECT_EQ(table.text(28, {}), "name  tokens  text\na         12  a rather long…\nbcd        7  short\n");
}

}  // namespace
}  // namespace laconic::cli
