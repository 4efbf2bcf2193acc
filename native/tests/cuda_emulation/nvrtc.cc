// NVRTC's C interface without a compiler: a program "compiles" to its own text behind a line that names the kind of
// code and the options. Lines that begin with #error or #warning do what they say.
#include "nvrtc.h"

#include <cstring>
#include <string>

namespace mx::cuda::nvrtc {
namespace {
constexpr Status kInvalidProgram = 4, kCompilation = 6;

size_t with_end(const std::string& text) { return text.size() + 1; }
}  // namespace

struct ProgramOpaque {
  std::string text, name, options, log;
  bool real = false, compiled = false;

  std::string code(const char* kind) const { return std::string(kind) + options + "\n" + text; }
};

extern "C" {

Status nvrtcCreateProgram(Program* to, const char* text, const char* name, int, const char* const*,
                          const char* const*) {
  *to = new ProgramOpaque;
  (*to)->text = text, (*to)->name = name;
  return 0;
}
Status nvrtcDestroyProgram(Program* program) {
  delete *program;
  *program = nullptr;
  return 0;
}
Status nvrtcCompileProgram(Program p, int count, const char* const* options) {
  for (int i = 0; i < count; ++i) {
    p->options += std::string(" ") + options[i];
    if (std::strstr(options[i], "--gpu-architecture=sm_")) p->real = true;
  }
  if (p->text.starts_with("#warning")) p->log = p->name + "(1): warning: " + p->text.substr(9);
  if (p->text.starts_with("#error")) return p->log = p->name + "(1): error: " + p->text.substr(7), kCompilation;
  p->compiled = true;
  return 0;
}
Status nvrtcGetPTXSize(Program p, size_t* to) {
  return p->compiled ? (*to = with_end(p->code("ptx")), 0) : kInvalidProgram;
}
Status nvrtcGetPTX(Program p, char* to) { return std::strcpy(to, p->code("ptx").c_str()), 0; }
Status nvrtcGetCUBINSize(Program p, size_t* to) {
  if (!p->compiled) return kInvalidProgram;
  return *to = p->real ? p->code("cubin").size() : 0, 0;
}
Status nvrtcGetCUBIN(Program p, char* to) {
  const std::string code = p->code("cubin");
  return std::memcpy(to, code.data(), code.size()), 0;
}
Status nvrtcGetProgramLogSize(Program p, size_t* to) { return *to = with_end(p->log), 0; }
Status nvrtcGetProgramLog(Program p, char* to) { return std::strcpy(to, p->log.c_str()), 0; }

}  // extern "C"
}  // namespace mx::cuda::nvrtc
