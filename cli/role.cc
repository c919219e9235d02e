// laconic role: what the supervisor starts. Nobody types it.
#include <memory>

#include "cli/commands.h"
#include "rollout/role.h"
#include "verifiers/role.h"
#include "wire/connection.h"

namespace laconic::cli {
namespace {

struct RoleOptions {
  std::string endpoint, identity;
};

template <class Serve>
void add_one(Command& roles, const std::string& name, const std::string& about, Serve serve) {
  auto o = std::make_shared<RoleOptions>();
  Command& c = roles.sub(name, about, "commands");
  c.option("--endpoint", o->endpoint, "ADDRESS", "the hub's ZeroMQ address");
  c.option("--identity", o->identity, "NAME", "this role's name, such as " + name + "-0");
  c.action([o, serve, name] {
    if (o->endpoint.empty() || o->identity.empty())
      throw UsageError("`laconic role " + name + "` needs --endpoint and --identity", "command line", "`laconic train` starts the roles itself");
    wire::Context context;
    serve(context, o->endpoint, o->identity);
    return static_cast<int>(kExitOk);
  });
}

}  // namespace

void add_role(Command& root) {
  Command& roles = root.sub("role", "serve a hub as one of its roles (started by `laconic train`)", "");
  add_one(roles, "rollout", "sample groups from leased prompts", rollout::serve);
  add_one(roles, "verifier", "judge answers", verifiers::serve);
}

}  // namespace laconic::cli
