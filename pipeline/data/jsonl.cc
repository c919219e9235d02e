#include "pipeline/data/jsonl.h"

#include <unordered_set>

#include <fmt/format.h>

#include "base/error.h"
#include "pipeline/data/line_reader.h"
#include "pipeline/data/row_text.h"

namespace laconic::pipeline {

JsonlRows load_jsonl(const fs::path& path, const JsonlOptions& options) {
  const std::string name = path.string();
  JsonlRows rows;
  std::unordered_set<std::uint64_t> seen;
  LineReader reader(path);
  for (std::string text; reader.next(text);) {
    std::string_view line = text;
    if (reader.number() == 1 && line.substr(0, 3) == "\xef\xbb\xbf") line.remove_prefix(3);  // a byte order mark
    line = trimmed(line);
    if (line.empty()) continue;
    const std::string id = fmt::format("{}:{}", name, reader.number());
    if (rows.problems.empty() && rows.skipped.empty() && line.front() == '[')
      throw Error("the file is one JSON list; rows are read from one JSON object a line", id,
                  fmt::format("python3 -c 'import json; [print(json.dumps(row)) for row in json.load(open(\"{0}\"))]' > {0}l", name));
    try {
      rows.problems.push_back(read_row(line, id, options.rows));
      rows.duplicates += !seen.insert(rows.problems.back().question).second;
    } catch (const BadRow& bad) {
      if (!options.skip_bad_lines) throw Error(bad.what(), id, "correct the line, or set data.on_bad_line = \"skip\"");
      rows.skipped.push_back(id + ": " + bad.what());
    }
  }
  if (rows.problems.empty())
    throw Error(fmt::format("the file has no usable row ({} skipped)", rows.skipped.size()) + (rows.skipped.empty() ? "" : "; the first: " + rows.skipped[0]), name,
                "give a file with one JSON object a line");
  return rows;
}

}  // namespace laconic::pipeline
