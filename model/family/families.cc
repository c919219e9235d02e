#include <fmt/format.h>

#include "base/error.h"
#include "model/family/family.h"

namespace laconic::model {

const std::vector<const Family*>& families() {
  static const std::vector<const Family*> all = {&kDeepseekV2, &kDeepseekV3, &kDeepseekV32, &kLlama, &kQwen2, &kQwen3, &kQwen3Moe, &kOlmoe};
  return all;
}

const Family& family_named(const std::string& model_type, const std::string& where) {
  std::vector<std::string> names;
  std::string list;
  for (const Family* family : families()) {
    if (family->model_type == model_type) return *family;
    names.emplace_back(family->model_type);
    list += (list.empty() ? "" : ", ") + names.back();
  }
  const std::string near = nearest_name(model_type, names);
  throw Error(fmt::format("key `model_type` is \"{}\"; this build implements {}", model_type, list), where,
              near.empty() ? "" : "did you mean \"" + near + "\"?");
}

void refuse(const Fields& fields, const char* key, const std::string& supported) {
  throw Error(fmt::format("key `{}{}` is {}; this build implements {} only", fields.path(), key, shown(fields.at(key)), supported),
              fields.where());
}

void require_text(const Fields& fields, const char* key, const std::string& value) {
  if (fields.has(key) && fields.at(key) != Json(value)) refuse(fields, key, "`" + value + "`");
}

void pass_over(const Fields& fields, std::initializer_list<const char*> keys) {
  for (const char* key : keys) fields.has(key);
}

void require_absent(const Fields& fields, const char* key) {
  if (fields.has(key) && fields.at(key) != Json(false)) refuse(fields, key, "models without it");
}

}  // namespace laconic::model
