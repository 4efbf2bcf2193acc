// Kernels from text, through NVRTC.
#include <string>

#include "host.h"
#include "library.h"
#include "nvrtc.h"

namespace mx::cuda {
namespace {
using namespace nvrtc;

constexpr Library kLibrary = {"NVRTC", "nvrtc", "libnvrtc.so.13", "nvidia/cu13/lib", "nvidia-cuda-nvrtc>=13,<14"};

MX_LIBRARY(kLibrary, MX_NVRTC)

class Compilation {
 public:
  explicit Compilation(const Table& rtc) : rtc_(rtc) {}
  ~Compilation() {
    if (program_) rtc_.DestroyProgram(&program_);
  }
  Compilation(const Compilation&) = delete;

  int run(const MXSource& s) {
    int failed = check(rtc_.CreateProgram(&program_, s.text, s.name, 0, nullptr, nullptr), "CreateProgram");
    if (failed) return failed;
    const Status status = rtc_.CompileProgram(program_, s.num_options, s.options);
    std::string log;
    failed = read(rtc_.GetProgramLogSize, rtc_.GetProgramLog, "GetProgramLog", log);
    log.resize(log.find_last_not_of(std::string_view("\0\n", 2)) + 1);
    if (status) return fail((std::string(s.name) + " does not compile: " + log).c_str());
    if (!failed && s.log && !log.empty()) s.log(s.context, log.c_str());
    std::string code;
    if (!failed)
      failed = s.virtual_code ? read(rtc_.GetPTXSize, rtc_.GetPTX, "GetPTX", code)
                              : read(rtc_.GetCUBINSize, rtc_.GetCUBIN, "GetCUBIN", code);
    if (failed) return failed;
    if (code.empty()) return fail("there is no machine code: --gpu-architecture names no real one, such as sm_90");
    s.take(s.context, code.data(), code.size());
    return 0;
  }

 private:
  int read(Status (*size)(Program, size_t*), Status (*get)(Program, char*), const char* what, std::string& to) {
    size_t bytes = 0;
    if (const int failed = check(size(program_, &bytes), what)) return failed;
    to.resize(bytes);
    return bytes ? check(get(program_, to.data()), what) : 0;
  }
  const Table& rtc_;
  Program program_ = nullptr;
};

}  // namespace

int compile(const MXSource* source) {
  const Table* const rtc = table();
  return rtc ? Compilation(*rtc).run(*source) : 3;
}

}  // namespace mx::cuda
