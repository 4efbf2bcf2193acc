// A oneDNN primitive that is ready to run on plain arrays.
#pragma once
#include <initializer_list>
#include <vector>

#include "mx/opdef.h"
#include "op/onednn/onednn.h"

namespace mx::onednn {

// One array of a primitive: its DNNL_ARG_..., and how the array lies in memory. The primitive may want another format
// or type; then run() converts through the workspace.
struct Slot {
  int arg;
  Desc desc;
  bool output;
};
inline Slot in(int arg, const Desc& desc) { return {arg, desc, false}; }
inline Slot out(int arg, const Desc& desc) { return {arg, desc, true}; }

// Memory objects are part of it, so that running allocates nothing; one thread at a time may run it.
class Call {
 public:
  // The attributes of `desc` must say scratchpad_mode::user; see attributes().
  Call(const dnnl::primitive_desc_base& desc, std::initializer_list<Slot> slots);
  void set_threads(int count) { threads_ = count; }  // for which the primitive was made
  // data[i] belongs to slots[i]. Scratch memory comes from the context.
  void run(const OpContext& context, std::initializer_list<const void*> data);
  // How the array of an argument must lie to be taken as it is.
  const Desc& desc_of(int arg) const;

 private:
  struct Bound {
    dnnl::memory outer, inner;  // the array; what the primitive sees
    dnnl::primitive convert;    // empty when the two are one
    size_t offset = 0;          // of the inner one, in the workspace
    bool output;
    int arg;
    Desc wanted;
  };
  dnnl::primitive primitive_;
  std::vector<Bound> bound_;
  std::vector<dnnl_exec_arg_t> args_;
  dnnl::memory scratchpad_;
  size_t workspace_ = 0;
  int threads_ = 1;
};

// Copies an array into another format or type, on the way to a kept copy: the primitive is made for this once.
void reorder(const Desc& from_desc, const void* from, const Desc& to_desc, void* to);

// Attributes for every primitive: scratch memory is ours.
dnnl::primitive_attr attributes();

}  // namespace mx::onednn
