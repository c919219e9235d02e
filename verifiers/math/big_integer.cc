#include "verifiers/math/big_integer.h"

#include <algorithm>
#include <bit>

namespace laconic::verifiers::math {
namespace {

using Wide = unsigned __int128;

int compare_limbs(const Limbs& a, const Limbs& b) {
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  for (std::size_t i = a.size(); i-- > 0;) {
    if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
  }
  return 0;
}

Limbs add_limbs(const Limbs& a, const Limbs& b) {
  const Limbs& longer = a.size() < b.size() ? b : a;
  const Limbs& shorter = a.size() < b.size() ? a : b;
  Limbs sum(longer.size() + 1);
  const std::uint64_t *x = longer.data(), *y = shorter.data();
  std::uint64_t* out = sum.data();
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < longer.size(); ++i) {
    const Wide t = Wide(x[i]) + (i < shorter.size() ? y[i] : 0) + carry;
    out[i] = static_cast<std::uint64_t>(t);
    carry = static_cast<std::uint64_t>(t >> 64);
  }
  out[longer.size()] = carry;
  sum.trim();
  return sum;
}

// a ≥ b
Limbs subtract_limbs(const Limbs& a, const Limbs& b) {
  Limbs difference(a.size());
  const std::uint64_t *x = a.data(), *y = b.data();
  std::uint64_t* out = difference.data();
  std::uint64_t borrow = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const Wide t = Wide(x[i]) - (i < b.size() ? y[i] : 0) - borrow;
    out[i] = static_cast<std::uint64_t>(t);
    borrow = static_cast<std::uint64_t>(t >> 64) & 1;
  }
  difference.trim();
  return difference;
}

Limbs multiply_limbs(const Limbs& a, const Limbs& b) {
  if (a.size() == 0 || b.size() == 0) return {};
  Limbs product(a.size() + b.size());
  const std::uint64_t *x = a.data(), *y = b.data();
  std::uint64_t* out = product.data();
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::uint64_t carry = 0;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const Wide t = Wide(x[i]) * y[j] + out[i + j] + carry;
      out[i + j] = static_cast<std::uint64_t>(t);
      carry = static_cast<std::uint64_t>(t >> 64);
    }
    out[i + b.size()] = carry;
  }
  product.trim();
  return product;
}

Limbs shift_left(const Limbs& a, std::size_t bits) {
  if (a.size() == 0) return {};
  const std::size_t whole = bits / 64, part = bits % 64;
  Limbs out(a.size() + whole + 1);
  for (std::size_t i = 0; i < a.size(); ++i) {
    out[i + whole] |= a[i] << part;
    if (part) out[i + whole + 1] = a[i] >> (64 - part);
  }
  out.trim();
  return out;
}

Limbs shift_right(const Limbs& a, std::size_t bits) {
  const std::size_t whole = bits / 64, part = bits % 64;
  if (whole >= a.size()) return {};
  Limbs out(a.size() - whole);
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = a[i + whole] >> part;
    if (part && i + whole + 1 < a.size()) out[i] |= a[i + whole + 1] << (64 - part);
  }
  out.trim();
  return out;
}

// Quotient in place, remainder returned.
std::uint64_t divide_small(Limbs& a, std::uint64_t divisor) {
  std::uint64_t remainder = 0;
  for (std::size_t i = a.size(); i-- > 0;) {
    const Wide t = (Wide(remainder) << 64) | a[i];
    a[i] = static_cast<std::uint64_t>(t / divisor);
    remainder = static_cast<std::uint64_t>(t % divisor);
  }
  a.trim();
  return remainder;
}

void multiply_add_small(Limbs& a, std::uint64_t factor, std::uint64_t addend) {
  std::uint64_t carry = addend;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const Wide t = Wide(a[i]) * factor + carry;
    a[i] = static_cast<std::uint64_t>(t);
    carry = static_cast<std::uint64_t>(t >> 64);
  }
  if (carry) {
    a.resize(a.size() + 1);
    a[a.size() - 1] = carry;
  }
}

}  // namespace

void Limbs::resize(std::size_t size) {
  if (size > capacity_) {
    const std::size_t capacity = std::max(size, capacity_ * 2);
    auto grown = std::make_unique<std::uint64_t[]>(capacity);
    std::memcpy(grown.get(), data(), size_ * sizeof(std::uint64_t));
    heap_ = std::move(grown);
    capacity_ = capacity;
  } else if (size > size_) {
    std::memset(data() + size_, 0, (size - size_) * sizeof(std::uint64_t));
  }
  size_ = size;
}

void Limbs::assign(const std::uint64_t* limbs, std::size_t size) {
  if (size > capacity_) {
    heap_ = std::make_unique<std::uint64_t[]>(size);
    capacity_ = size;
  }
  std::memcpy(data(), limbs, size * sizeof(std::uint64_t));
  size_ = size;
}

BigInteger::BigInteger(std::int64_t value) : negative_(value < 0) {
  if (value == 0) return;
  limbs_.resize(1);
  limbs_[0] = value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
}

BigInteger BigInteger::from_unsigned(std::uint64_t value) {
  BigInteger out;
  if (value) {
    out.limbs_.resize(1);
    out.limbs_[0] = value;
  }
  return out;
}

BigInteger BigInteger::from_digits(std::string_view digits) {
  BigInteger out;
  for (std::size_t i = 0; i < digits.size();) {
    std::uint64_t chunk = 0, scale = 1;
    for (int k = 0; k < 18 && i < digits.size(); ++k, ++i) {
      chunk = chunk * 10 + static_cast<std::uint64_t>(digits[i] - '0');
      scale *= 10;
    }
    multiply_add_small(out.limbs_, scale, chunk);
  }
  return out;
}

BigInteger BigInteger::power_of_two(std::size_t exponent) { return BigInteger(1) << exponent; }

std::size_t BigInteger::bits() const {
  const std::size_t n = limbs_.size();
  return n == 0 ? 0 : 64 * n - static_cast<std::size_t>(std::countl_zero(limbs_[n - 1]));
}

std::size_t BigInteger::trailing_zeros() const {
  for (std::size_t i = 0; i < limbs_.size(); ++i) {
    if (limbs_[i]) return 64 * i + static_cast<std::size_t>(std::countr_zero(limbs_[i]));
  }
  return 0;
}

bool BigInteger::fits(std::int64_t& value) const {
  if (limbs_.size() > 1 || (limbs_.size() == 1 && limbs_[0] > INT64_MAX)) return false;
  value = limbs_.size() == 0 ? 0 : static_cast<std::int64_t>(limbs_[0]);
  if (negative_) value = -value;
  return true;
}

std::uint64_t BigInteger::modulo(std::uint64_t divisor) const {
  std::uint64_t remainder = 0;
  for (std::size_t i = limbs_.size(); i-- > 0;) remainder = static_cast<std::uint64_t>(((Wide(remainder) << 64) | limbs_[i]) % divisor);
  return remainder;
}

std::uint64_t BigInteger::top_bits(int count) const {
  const std::size_t shift = bits() - static_cast<std::size_t>(count);
  const std::size_t whole = shift / 64, part = shift % 64;
  std::uint64_t out = limbs_[whole] >> part;
  if (part && whole + 1 < limbs_.size()) out |= limbs_[whole + 1] << (64 - part);
  return count == 64 ? out : out & ((std::uint64_t(1) << count) - 1);
}

std::string BigInteger::digits() const {
  if (is_zero()) return "0";
  std::string out;
  Limbs rest = limbs_;
  while (rest.size() > 0) {
    std::uint64_t chunk = divide_small(rest, 1'000'000'000'000'000'000u);
    for (int k = 0; k < 18 && (rest.size() > 0 || chunk > 0); ++k, chunk /= 10) out += static_cast<char>('0' + chunk % 10);
  }
  if (negative_) out += '-';
  std::reverse(out.begin(), out.end());
  return out;
}

BigInteger BigInteger::operator-() const {
  BigInteger out = *this;
  out.negative_ = !negative_ && !is_zero();
  return out;
}

BigInteger BigInteger::magnitude() const {
  BigInteger out = *this;
  out.negative_ = false;
  return out;
}

BigInteger operator+(const BigInteger& a, const BigInteger& b) {
  BigInteger out;
  if (a.negative_ == b.negative_) {
    out.limbs_ = add_limbs(a.limbs_, b.limbs_);
    out.negative_ = a.negative_;
  } else if (const int c = compare_limbs(a.limbs_, b.limbs_); c != 0) {
    out.limbs_ = c > 0 ? subtract_limbs(a.limbs_, b.limbs_) : subtract_limbs(b.limbs_, a.limbs_);
    out.negative_ = c > 0 ? a.negative_ : b.negative_;
  }
  return out;
}

BigInteger operator-(const BigInteger& a, const BigInteger& b) { return a + (-b); }

BigInteger operator*(const BigInteger& a, const BigInteger& b) {
  BigInteger out;
  out.limbs_ = multiply_limbs(a.limbs_, b.limbs_);
  out.negative_ = a.negative_ != b.negative_ && !out.is_zero();
  return out;
}

BigInteger operator<<(const BigInteger& a, std::size_t bits) {
  BigInteger out;
  out.limbs_ = shift_left(a.limbs_, bits);
  out.negative_ = a.negative_;
  return out;
}

BigInteger operator>>(const BigInteger& a, std::size_t bits) {
  BigInteger out;
  out.limbs_ = shift_right(a.limbs_, bits);
  out.negative_ = a.negative_ && !out.is_zero();
  return out;
}

int compare(const BigInteger& a, const BigInteger& b) {
  if (a.sign() != b.sign()) return a.sign() < b.sign() ? -1 : 1;
  const int c = compare_limbs(a.limbs_, b.limbs_);
  return a.negative_ ? -c : c;
}

int compare_magnitude(const BigInteger& a, const BigInteger& b) { return compare_limbs(a.limbs_, b.limbs_); }

// Knuth, The Art of Computer Programming 2, algorithm 4.3.1 D, with 64-bit digits.
std::pair<BigInteger, BigInteger> divide(const BigInteger& a, const BigInteger& b) {
  BigInteger quotient, remainder;
  if (compare_limbs(a.limbs_, b.limbs_) < 0) return {quotient, a};
  if (b.limbs_.size() == 1) {
    quotient.limbs_ = a.limbs_;
    remainder = BigInteger::from_unsigned(divide_small(quotient.limbs_, b.limbs_[0]));
  } else {
    const std::size_t n = b.limbs_.size(), m = a.limbs_.size() - n;
    const auto shift = static_cast<std::size_t>(std::countl_zero(b.limbs_[n - 1]));
    const Limbs v = shift_left(b.limbs_, shift);
    Limbs u = shift_left(a.limbs_, shift);
    u.resize(a.limbs_.size() + 1);
    quotient.limbs_.resize(m + 1);
    const std::uint64_t top = v[n - 1], next = v[n - 2];
    for (std::size_t j = m + 1; j-- > 0;) {
      const Wide numerator = (Wide(u[j + n]) << 64) | u[j + n - 1];
      Wide guess = u[j + n] >= top ? ~std::uint64_t(0) : numerator / top;
      Wide rest = numerator - guess * top;
      while ((rest >> 64) == 0 && guess * next > ((rest << 64) | u[j + n - 2])) {
        --guess;
        rest += top;
      }
      std::uint64_t carry = 0, borrow = 0;
      for (std::size_t i = 0; i < n; ++i) {
        const Wide product = guess * v[i] + carry;
        carry = static_cast<std::uint64_t>(product >> 64);
        const Wide t = Wide(u[i + j]) - static_cast<std::uint64_t>(product) - borrow;
        u[i + j] = static_cast<std::uint64_t>(t);
        borrow = static_cast<std::uint64_t>(t >> 64) & 1;
      }
      const Wide t = Wide(u[j + n]) - carry - borrow;
      u[j + n] = static_cast<std::uint64_t>(t);
      if ((t >> 64) & 1) {  // one too many: add back
        --guess;
        std::uint64_t back = 0;
        for (std::size_t i = 0; i < n; ++i) {
          const Wide s = Wide(u[i + j]) + v[i] + back;
          u[i + j] = static_cast<std::uint64_t>(s);
          back = static_cast<std::uint64_t>(s >> 64);
        }
        u[j + n] += back;
      }
      quotient.limbs_[j] = static_cast<std::uint64_t>(guess);
    }
    u.trim();
    remainder.limbs_ = shift_right(u, shift);
    quotient.limbs_.trim();
  }
  quotient.negative_ = a.negative_ != b.negative_ && !quotient.is_zero();
  remainder.negative_ = a.negative_ && !remainder.is_zero();
  return {std::move(quotient), std::move(remainder)};
}

// Lehmer's gcd: quotients are found on the leading 62 bits while they are certain (Collins' condition).
BigInteger gcd(BigInteger a, BigInteger b) {
  a.negative_ = b.negative_ = false;
  if (compare_limbs(a.limbs_, b.limbs_) < 0) std::swap(a, b);
  while (b.limbs_.size() > 1) {
    const std::size_t shift = a.bits() - 62;
    auto x = static_cast<std::int64_t>(a.top_bits(62));
    const BigInteger leading = b >> shift;
    std::int64_t y = 0;
    leading.fits(y);
    std::int64_t x0 = 1, x1 = 0, y0 = 0, y1 = 1;
    while (y + x1 != 0 && y + y1 != 0) {
      const std::int64_t q = (x + x0) / (y + x1);
      if (q != (x + y0) / (y + y1)) break;
      const Wide limit = Wide(1) << 61;
      const auto next = [&](std::int64_t u, std::int64_t v) { return static_cast<__int128>(u) - static_cast<__int128>(q) * v; };
      const __int128 nx = next(x0, x1), ny = next(y0, y1);
      if (static_cast<Wide>(nx < 0 ? -nx : nx) >= limit || static_cast<Wide>(ny < 0 ? -ny : ny) >= limit) break;
      x0 = std::exchange(x1, static_cast<std::int64_t>(nx));
      y0 = std::exchange(y1, static_cast<std::int64_t>(ny));
      x = std::exchange(y, static_cast<std::int64_t>(next(x, y)));
    }
    if (y0 == 0) {
      a = std::exchange(b, divide(a, b).second);
    } else {
      BigInteger u = BigInteger(x0) * a + BigInteger(y0) * b;
      b = BigInteger(x1) * a + BigInteger(y1) * b;
      a = std::move(u);
      a.negative_ = b.negative_ = false;
      if (compare_limbs(a.limbs_, b.limbs_) < 0) std::swap(a, b);
    }
  }
  if (b.is_zero()) return a;
  std::uint64_t v = b.limbs_[0], u = a.modulo(v);
  while (u) v = std::exchange(u, v % u);
  return BigInteger::from_unsigned(v);
}

BigInteger power(const BigInteger& base, std::uint64_t exponent) {
  BigInteger out(1), square = base;
  while (true) {
    if (exponent & 1) out = out * square;
    exponent >>= 1;
    if (!exponent) return out;
    square = square * square;
  }
}

BigInteger floor_root(const BigInteger& a, std::uint32_t index) {
  if (a.is_zero() || index == 1) return a;
  // Newton's iteration from above: monotonically falling until it reaches the floor.
  BigInteger r = BigInteger::power_of_two(a.bits() / index + 1);
  const BigInteger k(index), k1(static_cast<std::int64_t>(index) - 1);
  while (true) {
    const BigInteger quotient = divide(a, power(r, index - 1)).first;
    const BigInteger next = divide(k1 * r + quotient, k).first;
    if (compare(next, r) >= 0) return r;
    r = next;
  }
}

}  // namespace laconic::verifiers::math
