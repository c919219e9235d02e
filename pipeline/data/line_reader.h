// Lines of a text file, plain or compressed with gzip or zstd (told by its first bytes), one at a time.
//
// Memory stays bounded whatever the file holds: a line may have kMaxLineBytes, all lines together
// kMaxTextBytes, so that a small archive that unpacks to endless text is an Error and not the end of
// the machine. One thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/file.h"

namespace laconic::pipeline {

class LineReader {
 public:
  static constexpr std::size_t kMaxLineBytes = std::size_t{256} << 20;
  static constexpr std::size_t kMaxTextBytes = std::size_t{64} << 30;

  // Throws Error when the file cannot be read, or is in a format that holds rows otherwise (parquet, a
  // zip archive): the hint is the command that converts it.
  explicit LineReader(const fs::path& path);
  ~LineReader();
  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;

  // The next line without its end; false after the last one. Throws Error naming the file when it is
  // damaged or cut short, and file:line when a line is too long.
  bool next(std::string& line);

  int number() const { return number_; }  // of the line last returned, from 1

 private:
  class Bytes;  // a stream of decompressed bytes
  fs::path path_;
  std::unique_ptr<Bytes> bytes_;
  std::string buffer_;
  std::size_t at_ = 0, total_ = 0;
  int number_ = 0;
};

}  // namespace laconic::pipeline
