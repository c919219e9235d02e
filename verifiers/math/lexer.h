// LaTeX, plain text and Unicode mathematics → one stream of tokens.
//
// Presentation (\left, \displaystyle, blanks, $, \mathrm, colours) disappears here; several spellings
// of a thing become one token. The tables are *.def files beside this one.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "verifiers/math/answer_value.h"

namespace laconic::verifiers::math {

enum class Tok : std::uint8_t {
  kEnd, kUnknown,    // kUnknown: text = what stands there
  kNumber,           // text: digits, scale, repeat
  kSymbol,           // text: canonical name
  kFunction,         // text: canonical name, see functions.def
  kWord,             // text: a word of plain text, as written
  kText,             // text: what \text{…} holds, as written
  kAnd, kOr, kNot,
  kFrac, kSqrt, kRootSign, kBinom, kChoose, kOver, kSum, kProduct, kIntegral,
  kPlus, kMinus, kTimes, kDivide, kPower, kUnder, kBang, kPrime, kDegree, kArcMinute, kArcSecond, kPercent, kCurrency,
  kPlusMinus, kMinusPlus, kMod, kParenMod,
  kComma, kSemicolon, kColon, kBar, kDoubleBar, kTo,
  kOpenParen, kCloseParen, kOpenBracket, kCloseBracket, kOpenGroup, kCloseGroup, kOpenSet, kCloseSet, kOpenAngle, kCloseAngle,
  kOpenFloor, kCloseFloor, kOpenCeil, kCloseCeil,
  kRelation, kCup, kCap, kSetMinus, kComplement,
  kInfinity, kPi, kNamedSet, kEmptySet, kAccent, kAngle, kStackRel, kDots,
  kBegin, kEndEnvironment, kColumn, kRow,
};

struct Token {
  Tok kind = Tok::kEnd;
  std::string text;
  Relation relation = Relation::kEqual;
  std::int32_t scale = 0, repeat = 0;
  std::int32_t base = 10;            // kNumber: 1101_2, digits beyond 9 as capital letters
  bool decimal = false;
  bool space_before = false;
};

// How an ambiguous spelling is read. The matcher tries the other reading when the first does not fit.
struct Reading {
  enum class Comma : std::uint8_t { kThousands, kSeparator, kDecimal } comma = Comma::kThousands;
  bool small_e_is_exponent = false;  // 2e-3: 0.002 instead of 2·e − 3
};

// What of a text could be read otherwise.
struct Ambiguity {
  bool thousands = false;       // 100,200
  bool decimal_comma = false;   // 3,14: two or more digits behind the comma
  bool short_decimal_comma = false;  // 0,5: more often a list
  bool exponent = false;        // 2e-3
};

struct Lexed {
  std::vector<Token> tokens;   // ends with kEnd
  Ambiguity ambiguity;
  std::string problem;         // over a budget; empty: fine
};

inline constexpr std::size_t kMaxAnswerBytes = 16384;
inline constexpr std::size_t kMaxTokens = 6000;
inline constexpr std::size_t kMaxDigits = 2000;   // of one number

// Never fails: what is unknown becomes a kUnknown token. Linear in the length.
Lexed lex(std::string_view text, const Reading& reading = {});

}  // namespace laconic::verifiers::math
