#include "model/jinja/evaluator.h"

#include <algorithm>
#include <deque>

#include <fmt/format.h>

#include "model/jinja/arithmetic.h"
#include "model/jinja/lexer.h"
#include "model/jinja/library.h"
#include "model/jinja/loop.h"
#include "model/jinja/text_ops.h"

namespace laconic::model::jinja {

// Names set in a scope are gone at its end; inner ones see outer ones. Blocks of `if` share their scope.
struct Scope {
  Scope* outer = nullptr;
  std::vector<std::pair<std::string, Value>> names;
};

struct Macro {
  const Stmt* definition = nullptr;
  Scope* scope = nullptr;
};

namespace {

constexpr int kMaxNested = 600;

enum class Flow { kNext, kBreak, kContinue };

class Evaluator {
 public:
  Evaluator(const Variables& variables, Budget budget) : budget_(budget) {
    scope_ = &scopes_.emplace_back();
    scope_->names = variables;
    scope_ = &scopes_.emplace_back(Scope{scope_, {}});
  }

  MarkedText run(const Block& block) {
    execute(block);
    return std::move(out_);
  }

 private:
  // Statements, expressions and macros in one another: what the stack holds.
  class Nested {
   public:
    Nested(int& depth, Place at) : depth_(depth) {
      if (++depth_ > kMaxNested) fail(at, "the chat template nests statements, expressions and macros too deeply");
    }
    ~Nested() { --depth_; }

   private:
    int& depth_;
  };

  // — scopes —

  class Entered {
   public:
    Entered(Evaluator& evaluator, Scope* outer, Place at) : evaluator_(evaluator), before_(evaluator.scope_) {
      evaluator.budget_.grow(at, sizeof(Scope));
      evaluator.scope_ = &evaluator.scopes_.emplace_back(Scope{outer, {}});
    }
    ~Entered() { evaluator_.scope_ = before_; }

   private:
    Evaluator& evaluator_;
    Scope* before_;
  };

  void set(const std::string& name, Value value, Place at) {
    for (auto& [own, held] : scope_->names)
      if (own == name) {
        held = std::move(value);
        return;
      }
    budget_.grow(at, sizeof(std::pair<std::string, Value>) + name.size());
    scope_->names.emplace_back(name, std::move(value));
  }

  Value lookup(const std::string& name) const {
    for (const Scope* scope = scope_; scope; scope = scope->outer)
      for (const auto& [own, value] : scope->names)
        if (own == name) return value;
    return name == "namespace" ? Value(Function{"namespace"}) : function_named(name);
  }

  // — statements —

  Flow execute(const Block& block) {
    for (const auto& stmt : block)
      if (const Flow flow = execute(*stmt); flow != Flow::kNext) return flow;
    return Flow::kNext;
  }

  Flow execute(const Stmt& stmt) {
    budget_.step(stmt.at);
    const Nested nested(nested_, stmt.at);
    switch (stmt.kind) {
      case StmtKind::kText: write(MarkedText(stmt.text), stmt.at); break;
      case StmtKind::kOutput: write(as_text(stmt.expr->at, value(*stmt.expr)), stmt.at); break;
      case StmtKind::kIf:
        for (const auto& [condition, body] : stmt.branches)
          if (value(*condition).truthy()) return execute(body);
        return execute(stmt.otherwise);
      case StmtKind::kFor: return loop(stmt);
      case StmtKind::kSet: assign(stmt, value(*stmt.expr)); break;
      case StmtKind::kSetBlock: {
        Value body = Value(captured(stmt.body, stmt.at));
        if (stmt.expr) body = filtered(*stmt.expr, &body);
        assign(stmt, std::move(body));
        break;
      }
      case StmtKind::kMacro: set(stmt.names[0], &macros_.emplace_back(Macro{&stmt, scope_}), stmt.at); break;
      case StmtKind::kBreak: return Flow::kBreak;
      case StmtKind::kContinue: return Flow::kContinue;
    }
    return Flow::kNext;
  }

  void write(const MarkedText& text, Place at) {
    budget_.grow(at, text.size());
    out_.append(text);
  }

  MarkedText as_text(Place at, const Value& value) { return soft_text(call(at, "this output"), value); }

  MarkedText captured(const Block& body, Place at) {
    MarkedText outside = std::exchange(out_, {});
    Entered scope(*this, scope_, at);
    execute(body);
    return std::exchange(out_, std::move(outside));
  }

  void assign(const Stmt& stmt, Value value) {
    if (!stmt.attribute.empty()) {
      Namespace* space = lookup(stmt.names[0]).name_space();
      if (!space) fail(stmt.at, fmt::format("`{}` is no namespace: its parts cannot be set", stmt.names[0]));
      if (Value* member = space->find(stmt.attribute)) *member = std::move(value);
      else {
        budget_.grow(stmt.at, sizeof(std::pair<std::string, Value>) + stmt.attribute.size());
        space->members.emplace_back(stmt.attribute, std::move(value));
      }
      return;
    }
    bind_names(stmt, std::move(value));
  }

  void bind_names(const Stmt& stmt, Value value) {
    if (stmt.names.size() == 1) return set(stmt.names[0], std::move(value), stmt.at);
    const std::vector<Value> parts = items_of(call(stmt.at, "the assignment"), value);
    if (parts.size() != stmt.names.size()) fail(stmt.at, fmt::format("{} names for {} values", stmt.names.size(), parts.size()));
    for (std::size_t i = 0; i < parts.size(); ++i) set(stmt.names[i], parts[i], stmt.at);
  }

  Flow loop(const Stmt& stmt) {
    std::vector<Value> items = items_of(call(stmt.at, "the loop"), value(*stmt.expr));
    if (stmt.condition) {
      std::vector<Value> kept;
      for (Value& item : items) {
        budget_.step(stmt.at);
        Entered scope(*this, scope_, stmt.at);
        bind_names(stmt, item);
        if (value(*stmt.condition).truthy()) kept.push_back(std::move(item));
      }
      items = std::move(kept);
    }
    if (items.empty()) {
      Entered scope(*this, scope_, stmt.at);
      return execute(stmt.otherwise);
    }
    // Kept to the end of the rendering: the template may have put `loop` into a namespace.
    const std::vector<Value>& held = loop_items_.emplace_back(std::move(items));
    Loop& loop = loops_.emplace_back(Loop{&held, 0});
    for (std::size_t i = 0; i < held.size(); ++i) {
      budget_.step(stmt.at);
      loop.index0 = i;
      Entered scope(*this, scope_, stmt.at);
      bind_names(stmt, held[i]);
      set("loop", static_cast<const Loop*>(&loop), stmt.at);
      if (execute(stmt.body) == Flow::kBreak) break;
    }
    return Flow::kNext;
  }

  // — expressions —

  Call call(Place at, std::string what) { return Call{budget_, at, std::move(what), {}}; }

  Arguments arguments(const Expr& expr) {
    Arguments out;
    for (std::size_t i = 1; i < expr.parts.size(); ++i) out.positional.push_back(value(*expr.parts[i]));
    for (const auto& [name, part] : expr.named) out.named.emplace_back(name, value(*part));
    return out;
  }

  Value value(const Expr& e) {
    budget_.step(e.at);
    const Nested nested(nested_, e.at);
    switch (e.kind) {
      case ExprKind::kConstant: return e.value;
      case ExprKind::kName: return lookup(e.name);
      case ExprKind::kList: case ExprKind::kTuple: {
        std::vector<Value> items;
        for (const ExprPtr& part : e.parts) items.push_back(value(*part));
        return call(e.at, "the list").make(std::move(items), e.kind == ExprKind::kTuple);
      }
      case ExprKind::kDict: return dict(e);
      case ExprKind::kAttribute: return member(call(e.at, "the template"), value(*e.parts[0]), std::string_view(e.name));
      case ExprKind::kItem: {
        const Value of = value(*e.parts[0]);
        return member(call(e.at, "the template"), of, value(*e.parts[1]));
      }
      case ExprKind::kSlice: return slice(e);
      case ExprKind::kCall: return called(e);
      case ExprKind::kFilter: return filtered(e, nullptr);
      case ExprKind::kTest: {
        const Value input = value(*e.parts[0]);
        return apply_test(budget_, e.at, e.name, input, arguments(e));
      }
      case ExprKind::kNot: return !value(*e.parts[0]).truthy();
      case ExprKind::kNegate: case ExprKind::kPlus: return signed_number(e);
      case ExprKind::kAnd: {
        Value left = value(*e.parts[0]);
        return left.truthy() ? value(*e.parts[1]) : left;
      }
      case ExprKind::kOr: {
        Value left = value(*e.parts[0]);
        return left.truthy() ? left : value(*e.parts[1]);
      }
      case ExprKind::kBinary: {
        const Value left = value(*e.parts[0]);
        return binary(e, left, value(*e.parts[1]));
      }
      case ExprKind::kConcat: {
        MarkedText text;
        for (const ExprPtr& part : e.parts) {
          const MarkedText piece = as_text(part->at, value(*part));
          budget_.grow(e.at, piece.size());
          text.append(piece);
        }
        return text;
      }
      case ExprKind::kCompare: return compare(e);
      case ExprKind::kConditional:
        if (value(*e.parts[1]).truthy()) return value(*e.parts[0]);
        return e.parts[2] ? value(*e.parts[2]) : Value(Undefined{"the value of an `if` without `else`"});
    }
    return Undefined{};
  }

  // `body`: the input at the front of a chain whose first operand is null.
  Value filtered(const Expr& e, const Value* body) {
    budget_.step(e.at);
    const Expr* inner = e.parts[0].get();
    const Value input = !inner ? *body : body && inner->kind == ExprKind::kFilter ? filtered(*inner, body) : value(*inner);
    return apply_filter(budget_, e.at, e.name, input, arguments(e));
  }

  Value dict(const Expr& e) {
    std::vector<std::pair<Value, Value>> items;
    for (std::size_t i = 0; i < e.parts.size(); i += 2) {
      Value key = value(*e.parts[i]), held = value(*e.parts[i + 1]);
      if (!key.is_text() && !key.is_number() && !key.is_none()) fail(e.parts[i]->at, fmt::format("{} cannot be a key", key.type_name()));
      bool replaced = false;
      for (auto& [own, old] : items)
        if (equal(own, key)) {
          old = held;
          replaced = true;
        }
      if (!replaced) items.emplace_back(std::move(key), std::move(held));
    }
    budget_.grow(e.at, items.size() * 2 * sizeof(Value));
    return items;
  }

  Value slice(const Expr& e) {
    const Value of = value(*e.parts[0]);
    const Call here = call(e.at, "the slice");
    const auto bound = [&](const ExprPtr& part) -> std::optional<std::int64_t> {
      if (!part) return std::nullopt;
      const Value given = value(*part);
      if (given.is_none()) return std::nullopt;
      if (!given.is_integer()) here.fail(fmt::format("wants integers, not {}", given.type_name()));
      return given.integer();
    };
    Slice wanted{bound(e.parts[1]), bound(e.parts[2]), bound(e.parts[3]).value_or(1)};
    if (wanted.step == 0) here.fail("has a step of zero");
    if (const List* list = of.list(); list && !list->generator) {
      std::vector<Value> items;
      for (const std::size_t i : slice_indices(list->items.size(), wanted)) items.push_back(list->items[i]);
      return here.make(std::move(items), list->tuple);
    }
    const MarkedText* text = of.text();
    if (!text) here.fail(fmt::format("wants a list or a text, not {}", of.type_name()));
    budget_.grow(e.at, text->size());
    const std::vector<std::size_t> starts = character_starts(text->bytes);
    MarkedText out;
    for (const std::size_t i : slice_indices(starts.size() - 1, wanted)) out.append(text->substr(starts[i], starts[i + 1] - starts[i]));
    return here.make(std::move(out));
  }

  Value signed_number(const Expr& e) {
    const Value operand = value(*e.parts[0]);
    if (!operand.is_number()) fail(e.at, fmt::format("a sign before {}", operand.type_name()));
    if (e.kind == ExprKind::kPlus) return operand.is_integer() ? Value(operand.integer()) : operand;
    if (!operand.is_integer()) return -operand.number();
    return binary(e, std::int64_t{0}, operand);
  }

  Value binary(const Expr& e, const Value& a, const Value& b) {
    const std::string_view op = e.kind == ExprKind::kNegate ? "-" : std::string_view(e.name);
    if (op == "+" && a.is_text() && b.is_text()) {
      budget_.grow(e.at, a.text()->size() + b.text()->size());
      MarkedText text = *a.text();
      text.append(*b.text());
      return text;
    }
    if (op == "+" && a.list() && b.list() && std::string_view(a.type_name()) == b.type_name() && !a.list()->generator) {
      std::vector<Value> items = a.list()->items;
      items.insert(items.end(), b.list()->items.begin(), b.list()->items.end());
      return call(e.at, "the list").make(std::move(items), a.list()->tuple);
    }
    if (op == "*" && ((a.is_text() && b.is_integer()) || (b.is_text() && a.is_integer()))) {
      const MarkedText& text = a.is_text() ? *a.text() : *b.text();
      const std::int64_t times = text.size() == 0 ? 0 : std::max<std::int64_t>(0, a.is_text() ? b.integer() : a.integer());
      if (times > (std::int64_t{1} << 40)) fail(e.at, "the chat template makes too much text");
      budget_.grow(e.at, text.size() * static_cast<std::size_t>(times));
      MarkedText out;
      for (std::int64_t i = 0; i < times; ++i) out.append(text);
      return out;
    }
    if (a.is_number() && b.is_number()) return arithmetic(e.at, op, a, b);
    fail(e.at, op == "%" && a.is_text() ? std::string("formatting a text with `%` is not supported") : fmt::format("`{}` between {} and {}", op, a.type_name(), b.type_name()));
  }

  Value compare(const Expr& e) {
    const Call here = call(e.at, "the comparison");
    Value left = value(*e.parts[0]);
    for (std::size_t i = 0; i < e.operators.size(); ++i) {
      Value right = value(*e.parts[i + 1]);
      const std::string& op = e.operators[i];
      const bool holds = op == "==" ? equal(left, right) : op == "!=" ? !equal(left, right) : op == "<" ? less(here, left, right)
                         : op == ">" ? less(here, right, left) : op == "<=" ? !less(here, right, left) : op == ">=" ? !less(here, left, right)
                         : op == "in" ? contains(here, right, left) : !contains(here, right, left);
      if (!holds) return false;
      left = std::move(right);
    }
    return true;
  }

  // — calls —

  Value called(const Expr& e) {
    const Expr& callee = *e.parts[0];
    if (callee.kind == ExprKind::kAttribute) {
      const Value self = value(*callee.parts[0]);
      if (self.loop() && callee.name == "cycle") return cycle(e, *self.loop());
      if (auto result = call_method(budget_, e.at, self, callee.name, arguments(e))) return *result;
      const Value function = member(call(callee.at, "the template"), self, std::string_view(callee.name));
      if (function.is_undefined()) fail(callee.at, fmt::format("the method `{}.{}` is not supported", self.type_name(), callee.name));
      return call_value(e, function, callee.name);
    }
    return call_value(e, value(callee), callee.kind == ExprKind::kName ? callee.name : "this value");
  }

  Value cycle(const Expr& e, const Loop& loop) {
    const Arguments given = arguments(e);
    if (given.positional.empty()) fail(e.at, "`loop.cycle` wants values");
    return given.positional[loop.index0 % given.positional.size()];
  }

  Value call_value(const Expr& e, const Value& function, const std::string& name) {
    if (const Macro* macro = function.macro()) return call_macro(e, *macro);
    if (function.is_undefined()) fail(e.at, fmt::format("the function `{}` is not supported", name));
    if (!function.function()) fail(e.at, fmt::format("`{}` is {}, not a function", name, function.type_name()));
    if (function.function()->name != "namespace") return call_function(budget_, e.at, function.function()->name, arguments(e));
    Namespace& space = namespaces_.emplace_back();
    Arguments given = arguments(e);
    const Value members = given.positional.empty() ? Value() : given.positional[0];
    if (given.positional.size() > 1 || (!members.is_undefined() && !members.dict())) fail(e.at, "`namespace` wants named values, or a dict");
    if (members.dict())
      for (const auto& [key, value] : members.dict()->items)
        if (key.is_text()) space.members.emplace_back(key.text()->bytes, value);
    for (auto& [own, value] : given.named) {
      if (Value* member = space.find(own)) *member = std::move(value);
      else space.members.emplace_back(own, std::move(value));
    }
    budget_.grow(e.at, sizeof(Namespace) + space.members.size() * sizeof(std::pair<std::string, Value>));
    return &space;
  }

  Value call_macro(const Expr& e, const Macro& macro) {
    const Stmt& definition = *macro.definition;
    const std::string& name = definition.names[0];
    Arguments given = arguments(e);
    if (given.positional.size() > definition.parameters.size()) fail(e.at, fmt::format("the macro `{}` takes {} arguments", name, definition.parameters.size()));
    Entered scope(*this, macro.scope, e.at);
    for (std::size_t i = 0; i < definition.parameters.size(); ++i) {
      const auto& [parameter, fallback] = definition.parameters[i];
      Value argument = Undefined{parameter};
      bool found = i < given.positional.size();
      if (found) argument = given.positional[i];
      for (auto& [own, value] : given.named)
        if (own == parameter) {
          argument = value;
          found = true;
          own.clear();  // taken
        }
      if (!found && fallback) argument = value(*fallback);
      set(parameter, std::move(argument), e.at);
    }
    for (const auto& [own, value] : given.named)
      if (!own.empty()) fail(e.at, fmt::format("the macro `{}` has no argument `{}`", name, own));
    MarkedText outside = std::exchange(out_, {});
    execute(definition.body);
    return std::exchange(out_, std::move(outside));
  }

  Budget budget_;
  std::deque<Scope> scopes_;
  std::deque<Macro> macros_;
  std::deque<Namespace> namespaces_;
  std::deque<Loop> loops_;
  std::deque<std::vector<Value>> loop_items_;
  Scope* scope_ = nullptr;
  int nested_ = 0;
  MarkedText out_;
};

}  // namespace

MarkedText evaluate(const Block& block, const Variables& variables, Budget budget) { return Evaluator(variables, budget).run(block); }

}  // namespace laconic::model::jinja
