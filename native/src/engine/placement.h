// On which processors the threads of a team run.
#pragma once

namespace mx::engine {

// Moves apart threads of this thread's OpenMP team of `count` that share a processor while others of the machine have
// none. Looks every few milliseconds at most; called before parallel work.
void keep_apart(int count);

}  // namespace mx::engine
