#include "sandbox/frame.h"

#include <cstring>
#include <type_traits>

namespace laconic::sandbox {
namespace {

constexpr std::uint32_t kRequestMagic = 0x3142534c, kReplyMagic = 0x3252534c, kMeasureMagic = 0x334d534c;  // the last digit is the version

class Writer {
 public:
  explicit Writer(std::uint32_t magic) { put(magic); }
  template <class T>
  void put(T value) {
    static_assert(std::is_arithmetic_v<T> && !std::is_same_v<T, bool>);
    out_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void flag(bool value) { put<std::uint8_t>(value); }
  void text(std::string_view value) {
    put<std::uint32_t>(value.size());
    out_.append(value);
  }
  void texts(const std::vector<std::string>& values) {
    put<std::uint32_t>(values.size());
    for (const std::string& value : values) text(value);
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

// After the first shortage or bad value every read gives zero and ok() stays false.
class Reader {
 public:
  Reader(std::string_view bytes, std::uint32_t magic) : bytes_(bytes) {
    if (get<std::uint32_t>() != magic) ok_ = false;
  }
  template <class T>
  T get() {
    T value{};
    if (bytes_.size() < sizeof value) ok_ = false;
    if (!ok_) return value;
    std::memcpy(&value, bytes_.data(), sizeof value);
    bytes_.remove_prefix(sizeof value);
    return value;
  }
  bool flag() {
    const auto value = get<std::uint8_t>();
    if (value > 1) ok_ = false;
    return value == 1;
  }
  double number() {  // finite and not negative
    const double value = get<double>();
    if (!(value >= 0 && value <= 1e9)) ok_ = false;
    return ok_ ? value : 0;
  }
  std::int64_t amount() {
    const auto value = get<std::int64_t>();
    if (value < 0 || value > (std::int64_t{1} << 50)) ok_ = false;
    return ok_ ? value : 0;
  }
  int small(int low, int high) {
    const auto value = get<std::int32_t>();
    if (value < low || value > high) ok_ = false;
    return ok_ ? value : low;
  }
  std::string text() {
    const auto size = get<std::uint32_t>();
    if (size > bytes_.size()) ok_ = false;
    if (!ok_) return {};
    std::string value(bytes_.substr(0, size));
    bytes_.remove_prefix(size);
    return value;
  }
  std::string c_text() {  // no NUL within
    std::string value = text();
    if (value.find('\0') != std::string::npos) ok_ = false;
    return value;
  }
  std::size_t count() {  // of things that take at least one byte each
    const auto value = get<std::uint32_t>();
    if (value > bytes_.size()) ok_ = false;
    return ok_ ? value : 0;
  }
  std::vector<std::string> c_texts() {
    std::vector<std::string> values;
    for (std::size_t n = count(); n > 0 && ok_; --n) values.push_back(c_text());
    return values;
  }
  void need(bool condition) { ok_ = ok_ && condition; }
  bool ok() const { return ok_; }
  bool done() const { return ok_ && bytes_.empty(); }

 private:
  std::string_view bytes_;
  bool ok_ = true;
};

bool plain_name(const std::string& name) {
  return !name.empty() && name.size() < 256 && name != "." && name != ".." && name.find('/') == std::string::npos;
}

// Absolute, and without a step back.
bool plain_path(const std::string& path) {
  if (path.empty() || path[0] != '/' || path.size() > 4000) return false;
  const std::string closed = path + "/";
  return closed.find("/../") == std::string::npos && closed.find("/./") == std::string::npos;
}

void put(Writer& w, const Limits& l) {
  w.put(l.cpu_seconds);
  w.put(l.wall_seconds);
  for (const std::int64_t bytes : {l.memory_bytes, l.stdout_bytes, l.stderr_bytes, l.result_bytes, l.file_bytes}) w.put(bytes);
  for (const int n : {l.processes, l.files, l.open_files}) w.put<std::int32_t>(n);
}

Limits get_limits(Reader& r) {
  Limits l;
  l.cpu_seconds = r.number();
  l.wall_seconds = r.number();
  for (std::int64_t* bytes : {&l.memory_bytes, &l.stdout_bytes, &l.stderr_bytes, &l.result_bytes, &l.file_bytes}) *bytes = r.amount();
  l.processes = r.small(1, 1 << 20);
  l.files = r.small(1, 1 << 24);
  l.open_files = r.small(8, 1 << 20);
  return l;
}

}  // namespace

std::string encode_measure(int count) {
  Writer w(kMeasureMagic);
  w.put<std::int32_t>(count);
  return w.take();
}

std::optional<int> decode_measure(std::string_view frame) {
  Reader r(frame, kMeasureMagic);
  const int count = r.small(1, 1 << 20);
  if (!r.done()) return std::nullopt;
  return count;
}

std::string encode(const Request& q) {
  Writer w(kRequestMagic);
  w.put(static_cast<std::uint8_t>(q.interpreter));
  w.flag(q.internet_sockets);
  w.texts(q.argv);
  w.texts(q.environment);
  w.texts(q.collect);
  w.put<std::uint32_t>(q.files.size());
  for (const Request::File& f : q.files) {
    w.text(f.name);
    w.put(f.size);
    w.flag(f.executable);
  }
  w.put<std::uint32_t>(q.paths.size());
  for (const ReadOnlyPath& p : q.paths) {
    w.text(p.host);
    w.text(p.inside);
  }
  w.put<std::uint32_t>(q.inside.size());
  for (const int number : q.inside) w.put<std::int32_t>(number);
  put(w, q.limits);
  w.put(q.cpu_stop);
  return w.take();
}

std::optional<Request> decode_request(std::string_view frame) {
  if (frame.size() > kMaxFrame) return std::nullopt;
  Reader r(frame, kRequestMagic);
  Request q;
  const auto interpreter = r.get<std::uint8_t>();
  r.need(interpreter <= static_cast<std::uint8_t>(Interpreter::kPython));
  q.interpreter = static_cast<Interpreter>(interpreter);
  q.internet_sockets = r.flag();
  q.argv = r.c_texts();
  r.need(!q.argv.empty());
  q.environment = r.c_texts();
  for (const std::string& entry : q.environment) r.need(entry.find('=') != std::string::npos && entry[0] != '=');
  q.collect = r.c_texts();
  for (const std::string& name : q.collect) r.need(plain_name(name));
  for (std::size_t n = r.count(); n > 0 && r.ok(); --n) {
    Request::File f;
    f.name = r.c_text();
    f.size = r.amount();
    f.executable = r.flag();
    r.need(plain_name(f.name));
    for (const Request::File& other : q.files) r.need(other.name != f.name);
    q.files.push_back(std::move(f));
  }
  for (std::size_t n = r.count(); n > 0 && r.ok(); --n) {
    ReadOnlyPath p;
    p.host = r.c_text();
    p.inside = r.c_text();
    r.need(plain_path(p.host) && plain_path(p.inside) && p.inside != "/");
    q.paths.push_back(std::move(p));
  }
  for (std::size_t n = r.count(); n > 0 && r.ok(); --n) {
    const int number = r.small(0, kMaxInside - 1);
    for (const int other : q.inside) r.need(other != number);
    q.inside.push_back(number);
  }
  r.need(q.collect.size() <= kMaxDescriptors && q.client_descriptors() <= kMaxDescriptors && q.keeper_descriptors() <= kMaxDescriptors);
  q.limits = get_limits(r);
  q.cpu_stop = r.number();
  r.need(q.limits.cpu_seconds > 0 && q.limits.wall_seconds > 0 && q.cpu_stop > 0 && q.limits.memory_bytes > 0);
  if (!r.done()) return std::nullopt;
  return q;
}

std::string encode(const Reply& reply) {
  Writer w(kReplyMagic);
  const Report& r = reply.report;
  w.put(static_cast<std::uint8_t>(reply.kind));
  w.put(static_cast<std::uint8_t>(r.end));
  w.put<std::int32_t>(r.exit_code);
  w.put<std::int32_t>(r.signal);
  w.flag(r.process_limit_hit);
  for (const double seconds : {r.cpu_seconds, r.wall_seconds, r.waited_seconds}) w.put(seconds);
  w.put(r.peak_memory_bytes);
  w.text(r.denied_call);
  w.text(r.fault);
  w.put(r.level);
  w.texts(reply.collected);
  return w.take();
}

std::optional<Reply> decode_reply(std::string_view frame) {
  Reader r(frame, kReplyMagic);
  Reply reply;
  const auto kind = r.get<std::uint8_t>(), end = r.get<std::uint8_t>();
  r.need(kind <= static_cast<std::uint8_t>(Reply::Kind::kDone) && end <= static_cast<std::uint8_t>(End::kFault));
  reply.kind = static_cast<Reply::Kind>(kind);
  reply.report.end = static_cast<End>(end);
  reply.report.exit_code = r.get<std::int32_t>();
  reply.report.signal = r.get<std::int32_t>();
  reply.report.process_limit_hit = r.flag();
  for (double* seconds : {&reply.report.cpu_seconds, &reply.report.wall_seconds, &reply.report.waited_seconds}) *seconds = r.number();
  reply.report.peak_memory_bytes = r.amount();
  reply.report.denied_call = r.text();
  reply.report.fault = r.text();
  reply.report.level = r.get<char>();
  reply.collected = r.c_texts();
  if (!r.done()) return std::nullopt;
  return reply;
}

}  // namespace laconic::sandbox
