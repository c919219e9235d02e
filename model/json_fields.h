// The JSON seam of this folder: typed, bounded access to the members of one object. Every failure is
// an Error that names the file and the key. Included by .cc files only (it pulls in the parser).
#pragma once

#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/error.h"

namespace laconic::model {

using Json = nlohmann::json;

// Throws Error with the byte position on malformed text, and on a key given twice in one object.
Json parse_json(std::string_view text, const std::string& where);

// A value's text in an error message, shortened.
std::string shown(const Json& value);

class Fields {
 public:
  // `path`: how messages name the object, e.g. "rope_scaling."; empty for the top level.
  Fields(const Json& object, std::string where, std::string path = {});

  bool has(const char* key) const;    // present and not null
  bool holds(const char* key) const;  // present
  const Json& at(const char* key) const;
  Fields object(const char* key) const;

  std::int64_t integer(const char* key, std::int64_t low, std::int64_t high) const;
  std::int64_t integer_or(const char* key, std::int64_t fallback, std::int64_t low, std::int64_t high) const;
  double number(const char* key, double low, double high) const;
  double number_or(const char* key, double fallback, double low, double high) const;
  bool boolean_or(const char* key, bool fallback) const;
  std::string text(const char* key) const;
  std::string text_or(const char* key, const std::string& fallback) const;
  // One id or a list of them, each in [0, vocab_size); absent or null: none.
  std::vector<std::int32_t> token_ids(const char* key, std::int64_t vocab_size) const;

  // Whether a call above named the key, so that a reader knows it. (A Fields belongs to one thread.)
  bool asked(const std::string& key) const { return asked_.contains(key); }

  Error error(const char* key, const std::string& expected) const;
  const std::string& where() const { return where_; }
  const std::string& path() const { return path_; }

 private:
  const Json& object_;
  std::string where_, path_;
  mutable std::set<std::string> asked_;
};

}  // namespace laconic::model
