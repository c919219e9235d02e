// The answer's side of a C++ assert-style test: calls the function, one request at a time. It gets
// arguments and gives values; it knows nothing of the tests. Frames as in assert_answer.py.
namespace laconic_box {

[[noreturn]] inline void mismatch(const char*) { leave(9); }  // the relay's requests fit the declaration

template <class Result, class... Parameter, class Function> int serve(const char* name, Function function) {
  send(kChannel, "[0,\"ready\"]");
  std::string body;
  while (receive(kChannel, body)) {
    Reader in{body.data(), body.data() + body.size()};
    in.expect("[", "");
    const long long number = get<long long>(in);
    in.expect((",\"" + std::string(name) + "\",[").c_str(), "");
    bool first = true;
    std::tuple<std::decay_t<Parameter>...> arguments{Plain<std::tuple<>>::next<std::decay_t<Parameter>>(in, first)...};
    const Result value = std::apply(function, arguments);
    std::string reply = "[" + std::to_string(number) + ",\"value\",";
    put<Result>(reply, value);
    send(kChannel, reply + "]");
  }
  leave(0);
}

}  // namespace laconic_box
