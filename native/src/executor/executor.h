// A bound symbol: runs its plan forwards and backwards.
#pragma once
#include <string>

#include "executor/plan.h"

namespace mx {

struct Executor : RefCounted {
  // Raises on arguments that do not fit the symbol. reuse_memory == false keeps every intermediate result apart.
  Executor(const Symbol& symbol, Binding binding, bool reuse_memory = true);

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
  void run(Pass& pass, bool is_train, std::span<Var* const> more = {});  // more: read too
  void run_monitored(Pass& pass, bool is_train);
  void run(Step& step, bool is_train);
  void report_inputs(const Step& step) const;
  void report(const std::string& name, const Tensor& tensor) const;

  Binding binding_;
  std::vector<std::string> output_names_;
  Plan plan_;
  bool ran_forward_ = false;
  MXMonitorCallback monitor_ = nullptr;
  void* monitor_context_ = nullptr;
  bool monitor_inputs_ = false;
};

}  // namespace mx
