// Symbol files. Written in exactly the text of version 1.9.1; read in all versions back to 0.5.
#pragma once
#include <string>
#include <string_view>

#include "graph/symbol.h"

namespace mx {

inline constexpr int kJsonVersion = 10901;      // what is written: 1.9.1
inline constexpr int kJsonOldestVersion = 800;  // of a file that does not say

std::string to_json(const Symbol& symbol);
// Raises kValue with line and column for text that is no symbol.
SymbolRef from_json(std::string_view text);

// -- what changed between versions, see legacy.cc --
// Takes annotations out of the attributes ("lr_mult", "weight_lr_mult") and renames what was renamed. The inputs are
// set.
void upgrade_attributes(Node& node, int version);
// Once the parameters are known: adds the inputs that old files left out, and the attributes that they lack.
void upgrade_inputs(Node& node, int version);

}  // namespace mx
