// A bound symbol: runs its plan forwards and backwards.
#pragma once
#include <deque>
#include <optional>
#include <string>

#include "base/random.h"
#include "executor/plan.h"

namespace mx {

struct Executor : RefCounted {
  // Raises on arguments that do not fit the symbol.
  Executor(const Symbol& symbol, Binding binding, const PlanOptions& options = default_options());
  // MX_GRAPH_OPTIMIZE=0 in the environment turns optimization off.
  static PlanOptions default_options();

  void forward(bool is_train);
  // head_gradients: none where no output needs one, else one per output (null for those that need none).
  void backward(std::span<NDArray* const> head_gradients, bool is_train);
  const std::vector<NDArrayRef>& outputs() const { return plan_.outputs; }
  void set_monitor(MXMonitorCallback callback, void* context, bool inputs) {
    monitor_ = callback, monitor_context_ = context, monitor_inputs_ = inputs;
  }
  std::string describe() const;

 private:
  void check(const Symbol& symbol) const;
  void check_device(const char* what, const Node& node, const NDArray& array) const;
  bool uses_inference_plan();
  void repeat_forward();
  // A generator for every place of the plan.
  using Generators = std::vector<PhiloxGenerator*>;
  // more: read too
  void run(Pass& pass, bool is_train, const Generators& random, std::span<NDArray* const> more = {});
  void run_monitored(Pass& pass, bool is_train);
  void run(Step& step, bool is_train, const Generators& random);
  void report_inputs(const Step& step) const;
  void report(const Step& step, const std::string& name, const Tensor& tensor, Device device) const;

  Binding binding_;
  std::vector<std::string> output_names_;
  SymbolRef symbol_;
  PlanOptions options_;
  Plan plan_;
  std::optional<Plan> inference_;  // made at the first forward(false) that can use it
  // What backward needs is not there: the last forward was the inference plan's, or another backward has used it up.
  bool must_repeat_ = false;
  bool last_is_train_ = false;
  Generators generators_;
  std::deque<PhiloxGenerator> random_;  // as they were before the last forward; of plans that draw numbers
  bool ran_forward_ = false;
  MXMonitorCallback monitor_ = nullptr;
  void* monitor_context_ = nullptr;
  bool monitor_inputs_ = false;
};

}  // namespace mx
