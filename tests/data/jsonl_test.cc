// Files of rows: plain and compressed, damaged ones, other formats, bad lines.
#include "pipeline/data/jsonl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include "base/error.h"
#include "pipeline/data/line_reader.h"
#include "tests/pipeline/scratch.h"

namespace laconic::pipeline {
namespace {

using ::testing::HasSubstr;

std::string gzipped(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string zstandard(const std::string& text) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);  // as `zstd` has it
  out.resize(ZSTD_compress2(context, out.data(), out.size(), text.data(), text.size()));
  ZSTD_freeCCtx(context);
  return out;
}

std::string rows_text(int from, int to) {
  std::string text;
  for (int i = from; i < to; ++i) text += "{\"question\":\"q" + std::to_string(i) + std::string(100, 'x') + "\",\"answer\":\"" + std::to_string(i) + "\"}\n";
  return text;
}

class Jsonl : public ::testing::Test {
 protected:
  std::string file(const std::string& name, const std::string& bytes) {
    write_file_durably(scratch_.path() / name, bytes);
    return (scratch_.path() / name).string();
  }
  Scratch scratch_;
};

TEST_F(Jsonl, CompressedFilesHoldTheSameRowsWhateverTheirName) {
  const std::string text = rows_text(0, 5000);  // several of the reader's buffers
  const auto ids = [&](const std::string& path) {
    std::string all;
    for (const Problem& p : load_jsonl(path, {}).problems) all += p.id.substr(p.id.rfind(':')) + p.prompt;
    return all;
  };
  const std::string plain = ids(file("rows.jsonl", text));
  EXPECT_EQ(ids(file("rows.jsonl.gz", gzipped(text))), plain);
  EXPECT_EQ(ids(file("rows.jsonl.zst", zstandard(text))), plain);
  EXPECT_EQ(ids(file("gz", gzipped(text))), plain);
  EXPECT_EQ(ids(file("two.gz", gzipped(rows_text(0, 2500)) + gzipped(rows_text(2500, 5000)))), plain);
  EXPECT_EQ(ids(file("two.zst", zstandard(rows_text(0, 2500)) + zstandard(rows_text(2500, 5000)))), plain);
}

TEST_F(Jsonl, DamagedArchivesAreErrorsNotShorterFiles) {
  for (const auto& [name, whole] : {std::pair{"a.gz", gzipped(rows_text(0, 5000))}, std::pair{"a.zst", zstandard(rows_text(0, 5000))}}) {
    const std::string cut = file(name, whole.substr(0, whole.size() - 5));
    expect_error([&] { load_jsonl(cut, {}); }, {"damaged", "ends in the middle", name});
    std::string bent = whole;
    for (std::size_t i = whole.size() / 2; i < whole.size() / 2 + 8; ++i) bent[i] = static_cast<char>(bent[i] ^ 0x5a);
    EXPECT_THROW(load_jsonl(file(name, bent), {}), Error);
  }
}

TEST_F(Jsonl, ALineOfManyMegabytesIsReadAndABombIsNot) {
  const std::string big = "{\"question\":\"" + std::string(8 << 20, 'x') + "\",\"answer\":\"1\"}";
  EXPECT_EQ(load_jsonl(file("big", gzipped(big)), {}).problems.size(), 1u);
  // 300 MiB of one letter in a few hundred kilobytes: the line is given up at its limit.
  const std::string bomb = file("bomb.zst", zstandard(std::string(LineReader::kMaxLineBytes + (44u << 20), 'x')));
  EXPECT_LT(fs::file_size(bomb), 1u << 20);
  expect_error([&] { load_jsonl(bomb, {}); }, {"longer than 256 MiB", "bomb.zst:1"});
}

TEST_F(Jsonl, OtherFormatsNameTheCommandThatConverts) {
  const std::string parquet = file("train.parquet", "PAR1....PAR1");
  expect_error([&] { load_jsonl(parquet, {}); }, {"a parquet file", "pandas.read_parquet(\"" + parquet + "\").to_json(\"" + parquet + ".jsonl\"", "orient=\"records\", lines=True"});
  expect_error([&] { load_jsonl(file("a.zip", "PK\x03\x04...."), {}); }, {"a zip archive", "unzip"});
  expect_error([&] { load_jsonl(file("list.json", "[\n{\"question\":\"a\",\"answer\":\"1\"}]"), {}); }, {"one JSON list", "json.load"});
  expect_error([&] { load_jsonl(scratch_.path(), {}); }, {"a folder"});
  expect_error([&] { load_jsonl("/nonexistent/rows.jsonl", {}); }, {"/nonexistent/rows.jsonl"});
}

TEST_F(Jsonl, ByteOrderMarkCarriageReturnsAndBlankLinesAreNoRows) {
  const JsonlRows rows = load_jsonl(file("f", "\xef\xbb\xbf{\"question\":\"a\",\"answer\":2}\r\n\r\n  \n{\"question\":\"b\",\"answer\":\"4\"}"), {});
  ASSERT_EQ(rows.problems.size(), 2u);
  EXPECT_THAT(rows.problems[1].id, ::testing::EndsWith("f:4"));
}

TEST_F(Jsonl, BadLinesAreNamedByNumberAndRefusedOrSkipped) {
  const std::string path = file("data.jsonl", "{\"question\":\"a\",\"answer\":\"1\"}\n\n{\"question\": \n{\"question\":\"b\",\"answer\":\"2\"}\n");
  expect_error([&] { load_jsonl(path, {}); }, {"data.jsonl:3", "not valid JSON", "on_bad_line"});
  JsonlOptions skip;
  skip.skip_bad_lines = true;
  const JsonlRows rows = load_jsonl(path, skip);
  EXPECT_EQ(rows.problems.size(), 2u);
  EXPECT_EQ(rows.problems[1].id, path + ":4");
  ASSERT_EQ(rows.skipped.size(), 1u);
  EXPECT_THAT(rows.skipped[0], HasSubstr("data.jsonl:3: not valid JSON"));
  expect_error([&] { load_jsonl(file("empty", "\n\n"), {}); }, {"no usable row"});
  expect_error([&] { load_jsonl(file("none", "{\"a\":1}\n"), skip); }, {"no usable row", "the row has: a"});
}

TEST_F(Jsonl, RowsWithoutASolutionAreBadWhereOneIsNeeded) {
  JsonlOptions options;
  options.rows.needs_solution = true;
  EXPECT_THROW(load_jsonl(file("f", R"({"question":"a","answer":"1"})"), options), Error);
  EXPECT_EQ(load_jsonl(file("g", R"({"question":"a","answer":"so 1 #### 1"})"), options).problems[0].chain, "so 1");
}

TEST_F(Jsonl, RepeatedQuestionsAreCountedAndKept) {
  const JsonlRows rows = load_jsonl(file("f", "{\"question\":\"a  b\",\"answer\":1}\n{\"question\":\"a b\\n\",\"answer\":1}\n{\"question\":\"c\",\"answer\":1}\n"), {});
  EXPECT_EQ(rows.problems.size(), 3u);
  EXPECT_EQ(rows.duplicates, 1u);
}

}  // namespace
}  // namespace laconic::pipeline
