// Block sizes that are part of the arithmetic (docs/numerics.md): changing one changes bits.
#pragma once

namespace laconic::kernels {

inline constexpr int kPageTokens = 32;          // a cache page, and a softmax block of attention
inline constexpr int kVocabBlock = 256;         // ids of a softmax block of the LM head
inline constexpr int kMaxAttentionWidth = 1024;  // of latent + rope: what the stack scratch holds
inline constexpr int kMaxIndexTopk = 8192;       // positions a query selects: what the stack scratch holds

}  // namespace laconic::kernels
