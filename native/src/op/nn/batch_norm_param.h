// The parameters of BatchNorm, for the operators that contain one.
#pragma once
#include <optional>

#include "mx/params.h"

namespace mx {

struct BatchNormParam {
  double eps = 0.0010000000474974513;  // 1e-3 in float32
  float momentum = 0.9f;
  bool fix_gamma = true, use_global_stats = false, output_mean_var = false;
  int32_t axis = 1;
  bool cudnn_off = false;
  std::optional<float> min_calib_range, max_calib_range;
  static void fields(auto& f) {
    using P = BatchNormParam;
    f.add("eps", &P::eps, "Added to the variance.");
    f.add("momentum", &P::momentum, "Weight of the old value in the moving averages.");
    f.add("fix_gamma", &P::fix_gamma,
          "Whether gamma stays 1; training then writes ones into it, and its gradient is 0.");
    f.add("use_global_stats", &P::use_global_stats,
          "Whether training normalizes by the moving averages too, and leaves them.");
    f.add("output_mean_var", &P::output_mean_var, "Whether the mean and the inverse deviation are outputs too.");
    f.add("axis", &P::axis, "The axis of channels.");
    f.add("cudnn_off", &P::cudnn_off, "No effect.");
    f.add("min_calib_range", &P::min_calib_range, "No effect: for quantized networks.");
    f.add("max_calib_range", &P::max_calib_range, "No effect: for quantized networks.");
  }
};

}  // namespace mx
