// Integers of any size, own: nothing here aborts, and no foreign allocator is involved.
//
// The class itself sets no bound; a product is at most as long as its factors together, so callers
// who check `bits()` after each step (rational.h, ball.h) are bounded by twice their cap.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace laconic::verifiers::math {

// Little-endian 64-bit limbs, the first few without allocation; fresh limbs are zero.
class Limbs {
 public:
  Limbs() = default;
  explicit Limbs(std::size_t size) { resize(size); }
  Limbs(const Limbs& other) { assign(other.data(), other.size_); }
  Limbs(Limbs&& other) noexcept { take(other); }
  Limbs& operator=(const Limbs& other) {
    if (this != &other) assign(other.data(), other.size_);
    return *this;
  }
  Limbs& operator=(Limbs&& other) noexcept {
    if (this != &other) take(other);
    return *this;
  }

  std::size_t size() const { return size_; }
  std::uint64_t* data() { return heap_ ? heap_.get() : near_; }
  const std::uint64_t* data() const { return heap_ ? heap_.get() : near_; }
  std::uint64_t& operator[](std::size_t i) { return data()[i]; }
  std::uint64_t operator[](std::size_t i) const { return data()[i]; }
  void resize(std::size_t size);
  void trim() {
    const std::uint64_t* limbs = data();
    while (size_ > 0 && limbs[size_ - 1] == 0) --size_;
  }

 private:
  static constexpr std::size_t kNear = 7;
  void assign(const std::uint64_t* limbs, std::size_t size);
  void take(Limbs& other) noexcept {
    heap_ = std::move(other.heap_);
    capacity_ = other.capacity_;
    size_ = other.size_;
    if (!heap_) std::memcpy(near_, other.near_, sizeof near_);
    other.capacity_ = kNear;
    other.size_ = 0;
  }

  std::uint64_t near_[kNear] = {};
  std::unique_ptr<std::uint64_t[]> heap_;
  std::size_t size_ = 0, capacity_ = kNear;
};

class BigInteger {
 public:
  BigInteger() = default;
  BigInteger(std::int64_t value);  // NOLINT: integers are big integers
  static BigInteger from_unsigned(std::uint64_t value);
  static BigInteger from_digits(std::string_view decimal_digits);  // digits only; quadratic in their number
  static BigInteger power_of_two(std::size_t exponent);

  bool is_zero() const { return limbs_.size() == 0; }
  bool is_one() const { return !negative_ && limbs_.size() == 1 && limbs_[0] == 1; }
  bool is_odd() const { return limbs_.size() > 0 && (limbs_[0] & 1); }
  int sign() const { return is_zero() ? 0 : negative_ ? -1 : 1; }
  std::size_t bits() const;            // of the magnitude; 0 for 0
  std::size_t limbs() const { return limbs_.size(); }
  std::size_t trailing_zeros() const;  // 0 for 0
  bool fits(std::int64_t& value) const;
  std::uint64_t modulo(std::uint64_t divisor) const;  // of the magnitude; divisor > 0
  std::uint64_t top_bits(int count) const;            // the leading `count` ≤ 64 bits of the magnitude, which has as many
  std::string digits() const;                         // with sign; quadratic

  BigInteger operator-() const;
  BigInteger magnitude() const;
  friend BigInteger operator+(const BigInteger& a, const BigInteger& b);
  friend BigInteger operator-(const BigInteger& a, const BigInteger& b);
  friend BigInteger operator*(const BigInteger& a, const BigInteger& b);
  friend BigInteger operator<<(const BigInteger& a, std::size_t bits);
  friend BigInteger operator>>(const BigInteger& a, std::size_t bits);  // of the magnitude: towards zero
  friend bool operator==(const BigInteger& a, const BigInteger& b) { return compare(a, b) == 0; }
  friend int compare(const BigInteger& a, const BigInteger& b);
  friend int compare_magnitude(const BigInteger& a, const BigInteger& b);
  // Quotient towards zero, remainder with the sign of `a`; b ≠ 0.
  friend std::pair<BigInteger, BigInteger> divide(const BigInteger& a, const BigInteger& b);

 private:
  friend BigInteger gcd(BigInteger a, BigInteger b);
  Limbs limbs_;
  bool negative_ = false;
};

BigInteger gcd(BigInteger a, BigInteger b);                   // ≥ 0
BigInteger power(const BigInteger& base, std::uint64_t exponent);  // the caller has checked bits × exponent
// The largest r ≥ 0 with r^index ≤ a, for a ≥ 0 and index ≥ 1.
BigInteger floor_root(const BigInteger& a, std::uint32_t index);

}  // namespace laconic::verifiers::math
