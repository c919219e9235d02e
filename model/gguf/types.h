// The numbers that GGUF files give to types of metadata and tensors. Private to this folder.
#pragma once

#include <cstdint>

#include "model/weights/block_formats.h"

namespace laconic::model {

enum GgufValueType : std::uint32_t { kU8, kI8, kU16, kI16, kU32, kI32, kF32, kBool, kString, kArray, kU64, kI64, kF64 };

// The tensor types that are read and written; others are refused by number and name.
struct GgufTensorType { std::uint32_t id; DType dtype; };
inline constexpr GgufTensorType kGgufTensorTypes[] = {{0, DType::kF32},  {1, DType::kF16},   {2, DType::kQ4_0}, {3, DType::kQ4_1},
                                                      {8, DType::kQ8_0}, {12, DType::kQ4_K}, {14, DType::kQ6_K}, {30, DType::kBF16}};
struct GgufUnreadType { std::uint32_t id; const char* name; };
inline constexpr GgufUnreadType kGgufUnreadTypes[] = {
    {6, "Q5_0"},     {7, "Q5_1"},    {9, "Q8_1"},     {10, "Q2_K"},   {11, "Q3_K"},   {13, "Q5_K"},    {15, "Q8_K"},
    {16, "IQ2_XXS"}, {17, "IQ2_XS"}, {18, "IQ3_XXS"}, {19, "IQ1_S"},  {20, "IQ4_NL"}, {21, "IQ3_S"},   {22, "IQ2_S"},
    {23, "IQ4_XS"},  {24, "I8"},     {25, "I16"},     {26, "I32"},    {27, "I64"},    {28, "F64"},     {29, "IQ1_M"},
    {34, "TQ1_0"},   {35, "TQ2_0"},  {39, "MXFP4"},   {40, "NVFP4"},  {41, "Q1_0"}};

}  // namespace laconic::model
