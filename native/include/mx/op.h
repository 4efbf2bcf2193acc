// What an operator file includes. One file holds all about an operator: see docs/contribute/add-an-operator.md.
//
// The file is compiled in several passes:
//   MX_PASS_HOST            g++, baseline ISA: MX_OPERATOR (description, inference, gradient) and calls of oneDNN
//   MX_PASS_CPU, MX_ISA=... g++ -march=x86-64-v3 and -v4: MX_KERNELS, in namespace mx::MX_ISA (if there are any)
//   MX_PASS_CUDA            nvcc: MX_KERNELS, for the CUDA plugin
// Code for one pass stands between #if defined(MX_PASS_HOST) and #endif; a file without MX_KERNELS needs no such lines.
// No macro runs code at load time: each leaves a constant record in a section, read when the registry is first used.
#pragma once
#include "mx/loop.h"
#include "mx/params.h"

#if defined(MX_PASS_HOST)
#include "mx/opdef.h"

// MX_OPERATOR(relu) { op.describe("...").input("data", "..."); }     The folder of the file is the operator's family.
#define MX_OPERATOR(name)                                                                     \
  static void mx_describe_##name(::mx::OpDef& op);                                            \
  static constexpr ::mx::OpRecord mx_record_##name = {#name, __FILE__, mx_describe_##name};   \
  MX_IN_SECTION("mx_ops") const ::mx::OpRecord* const mx_operator_##name = &mx_record_##name; \
  static void mx_describe_##name([[maybe_unused]] ::mx::OpDef& op)
#endif
