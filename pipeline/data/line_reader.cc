#include "pipeline/data/line_reader.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <vector>

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include "base/error.h"

namespace laconic::pipeline {
namespace {

constexpr std::size_t kChunk = 1 << 16;

[[noreturn]] void damaged(const fs::path& path, const std::string& why) {
  throw Error("the compressed file is damaged: " + why, path.string(), "fetch or compress it again");
}

class RawFile {
 public:
  explicit RawFile(const fs::path& path) : path_(path), file_(std::fopen(path.c_str(), "rb")) {
    if (!file_) throw Error("cannot open `" + path.string() + "`: " + std::strerror(errno), path.string());
  }
  ~RawFile() { std::fclose(file_); }
  RawFile(const RawFile&) = delete;
  RawFile& operator=(const RawFile&) = delete;

  std::size_t read(char* out, std::size_t size) {
    const std::size_t got = std::fread(out, 1, size, file_);
    if (got < size && std::ferror(file_)) throw Error("cannot read `" + path_.string() + "`: " + std::strerror(errno), path_.string());
    return got;
  }
  void rewind() { std::rewind(file_); }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
  std::FILE* file_;
};

struct Format {
  const char* magic;
  std::size_t length;
  const char* name;
  const char* hint;  // with {0} for the path
};
// Formats that are no lines of JSON, by their first bytes, and how to make lines of them.
constexpr Format kForeign[] = {
    {"PAR1", 4, "a parquet file", "python3 -c 'import pandas; pandas.read_parquet(\"{0}\").to_json(\"{0}.jsonl\", orient=\"records\", lines=True)'  (needs pip install pandas pyarrow)"},
    {"PK\x03\x04", 4, "a zip archive", "unzip {0}"},
    {"\xfd" "7zXZ", 5, "an xz archive", "xz --decompress --keep {0}"},
    {"BZh", 3, "a bzip2 archive", "bzip2 --decompress --keep {0}"},
    {"ARROW1", 6, "an Arrow file", "python3 -c 'import pandas; pandas.read_feather(\"{0}\").to_json(\"{0}.jsonl\", orient=\"records\", lines=True)'  (needs pip install pandas pyarrow)"},
};

}  // namespace

class LineReader::Bytes {
 public:
  explicit Bytes(const fs::path& path) : file_(path) {}
  virtual ~Bytes() = default;
  // Appends some bytes; false at the end.
  virtual bool more(std::string& out) {
    const std::size_t before = out.size();
    out.resize(before + kChunk);
    out.resize(before + file_.read(out.data() + before, kChunk));
    return out.size() > before;
  }
  std::string first(std::size_t count) {
    std::string bytes(count, '\0');
    bytes.resize(file_.read(bytes.data(), count));
    file_.rewind();
    return bytes;
  }
  struct Gzip;
  struct Zstd;

 protected:
  bool refill() {
    have_ = file_.read(in_.data(), in_.size());
    return have_ > 0;
  }
  RawFile file_;
  std::vector<char> in_ = std::vector<char>(kChunk);
  std::size_t have_ = 0;
};

// Several gzip members one after the other are one text, as gzip -d has it.
struct LineReader::Bytes::Gzip : Bytes {
  explicit Gzip(const fs::path& path) : Bytes(path) {
    if (inflateInit2(&stream_, 15 + 16) != Z_OK) throw Error("zlib has no memory for its state", path.string());
  }
  ~Gzip() override { inflateEnd(&stream_); }
  bool more(std::string& out) override {
    const std::size_t before = out.size();
    while (out.size() == before) {
      if (stream_.avail_in == 0) {
        if (!refill()) {
          if (inside_) damaged(file_.path(), "it ends in the middle");
          return false;
        }
        stream_.next_in = reinterpret_cast<Bytef*>(in_.data());
        stream_.avail_in = static_cast<uInt>(have_);
      }
      if (!inside_) inflateReset(&stream_), inside_ = true;
      out.resize(before + kChunk);
      stream_.next_out = reinterpret_cast<Bytef*>(out.data() + before);
      stream_.avail_out = kChunk;
      const int status = inflate(&stream_, Z_NO_FLUSH);
      out.resize(before + kChunk - stream_.avail_out);
      if (status == Z_STREAM_END) inside_ = false;
      else if (status != Z_OK && status != Z_BUF_ERROR) damaged(file_.path(), stream_.msg ? stream_.msg : "zlib does not say why");
    }
    return true;
  }
  z_stream stream_{};
  bool inside_ = false;
};

struct LineReader::Bytes::Zstd : Bytes {
  explicit Zstd(const fs::path& path) : Bytes(path), stream_(ZSTD_createDStream()) {
    if (!stream_) throw Error("zstd has no memory for its state", path.string());
    ZSTD_DCtx_setParameter(stream_, ZSTD_d_windowLogMax, 27);  // what `zstd` itself allows: 128 MiB
  }
  ~Zstd() override { ZSTD_freeDStream(stream_); }
  bool more(std::string& out) override {
    const std::size_t before = out.size();
    while (out.size() == before) {
      if (input_.pos == input_.size && drained_) {
        if (!refill()) {
          if (inside_) damaged(file_.path(), "it ends in the middle");
          return false;
        }
        input_ = {in_.data(), have_, 0};
      }
      out.resize(before + kChunk);
      ZSTD_outBuffer output{out.data() + before, kChunk, 0};
      const std::size_t status = ZSTD_decompressStream(stream_, &output, &input_);
      out.resize(before + output.pos);
      if (ZSTD_isError(status)) damaged(file_.path(), ZSTD_getErrorName(status));
      inside_ = status != 0;
      drained_ = output.pos < kChunk;  // a full buffer may leave more inside
    }
    return true;
  }
  ZSTD_DStream* stream_;
  ZSTD_inBuffer input_{nullptr, 0, 0};
  bool inside_ = false, drained_ = true;
};

LineReader::LineReader(const fs::path& path) : path_(path) {
  if (fs::is_directory(path)) throw Error("`" + path.string() + "` is a folder, not a file of rows", path.string(), "name one file in it");
  bytes_ = std::make_unique<Bytes>(path);
  const std::string magic = bytes_->first(8);
  const auto begins = [&](const char* bytes, std::size_t length) { return magic.size() >= length && std::memcmp(magic.data(), bytes, length) == 0; };
  for (const Format& format : kForeign)
    if (begins(format.magic, format.length))
      throw Error("`" + path.string() + "` is " + format.name + "; rows are read from lines of JSON", path.string(),
                  fmt::format(fmt::runtime(format.hint), path.string()));
  if (begins("\x1f\x8b", 2)) bytes_ = std::make_unique<Bytes::Gzip>(path);
  else if (begins("\x28\xb5\x2f\xfd", 4)) bytes_ = std::make_unique<Bytes::Zstd>(path);
}

LineReader::~LineReader() = default;

bool LineReader::next(std::string& line) {
  std::size_t searched = at_;
  while (true) {
    if (const std::size_t end = buffer_.find('\n', searched); end != std::string::npos) {
      line.assign(buffer_, at_, end - at_);
      at_ = end + 1;
      ++number_;
      return true;
    }
    if (at_ > 0) buffer_.erase(0, at_), at_ = 0;
    searched = buffer_.size();
    if (buffer_.size() > kMaxLineBytes)
      throw Error(fmt::format("a line is longer than {} MiB", kMaxLineBytes >> 20), fmt::format("{}:{}", path_.string(), number_ + 1), "give one JSON object a line");
    if (!bytes_->more(buffer_)) {
      if (buffer_.empty()) return false;
      line = std::move(buffer_);
      buffer_.clear();
      ++number_;
      return true;
    }
    total_ += buffer_.size() - searched;
    if (total_ > kMaxTextBytes) throw Error(fmt::format("the file unpacks to more than {} GiB", kMaxTextBytes >> 30), path_.string(), "split it");
  }
}

}  // namespace laconic::pipeline
