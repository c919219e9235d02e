// Keys of config.json that change a model's mathematics in some architecture. Private to this folder.
#pragma once

#include "model/json_fields.h"

namespace laconic::model {

// Throws Error for a key of the table that nobody asked `fields` for, unless its value says that the
// feature is off. Call it after everything was read: a family that implements a key reads it.
void refuse_unread_mathematics(const Fields& fields, const std::string& model_type);

}  // namespace laconic::model
