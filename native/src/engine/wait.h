// Waits on other things than variables.
#pragma once
#include <functional>

namespace mx::engine {

// Calls `wait`, which only sleeps, while the front end has given its lock away (see set_wait_hooks).
void while_waiting(const std::function<void()>& wait);

}  // namespace mx::engine
