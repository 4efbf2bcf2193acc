// The description of an operator, filled in by MX_OPERATOR, and the contexts that its functions are called with.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mx/base/error.h"
#include "mx/base/ref.h"
#include "mx/base/shape.h"
#include "mx/params.h"

namespace mx {

class OpDef;
struct Node;
struct NDArray;
class PhiloxGenerator;
struct Chunk;

// How the elements of an array lie in memory. The shape is (n, c, spatial...) either way.
enum class Format : uint8_t {
  kPlain,        // C order
  kChannelsLast  // axis 1 moves fastest: of arrays with 3 to 5 axes, between the steps of an executor only
};

// A dense array as a kernel sees it: in C order, unless its operator takes other formats (see OpDef::channels_last).
// data is null for an output that nobody wants.
struct Tensor {
  void* data = nullptr;
  Shape shape;
  DType dtype = DType::kFloat32;
  Format format = Format::kPlain;

  template <class T>
  T* as() const {
    return static_cast<T*>(data);
  }
  int64_t size() const { return shape.size(); }
  size_t bytes() const { return static_cast<size_t>(size()) * size_of(dtype); }
};

// Inference works both ways and on partial knowledge: fill what follows from what is known; raise on contradiction.
// It is called again until nothing changes.
struct InferShape {
  const OpDef& op;
  const void* params;
  std::span<Shape> in, out;

  template <class P>
  const P& as() const {
    return *static_cast<const P*>(params);
  }
  // Merge `shape` into an input or output; a contradiction names the operator, the argument and both shapes.
  void set_input(size_t i, const Shape& shape) const;
  void set_output(size_t i, const Shape& shape) const;
  void same(size_t input, size_t output) const;  // both ways
};
struct InferDType {
  const OpDef& op;
  const void* params;
  std::span<DType> in, out;

  template <class P>
  const P& as() const {
    return *static_cast<const P*>(params);
  }
  void set_input(size_t i, DType dtype) const;
  void set_output(size_t i, DType dtype) const;
};

// One execution of an operator.
struct OpContext {
  const OpDef& op;
  const void* params = nullptr;
  std::span<const Tensor> in, out;
  bool is_train = false;
  PhiloxGenerator* random = nullptr;  // set for operators with uses_random()
  // State kept between the calls of one executor step (prepared primitives, packed weights); null in imperative calls,
  // where an operator keeps what it can in a cache of its own. See Prepared.
  Ref<RefCounted>* state = nullptr;
  // The memory behind each input; null, or no list at all, where it belongs to nobody but this run.
  std::span<const Chunk* const> chunks = {};

  template <class P>
  const P& as() const {
    return *static_cast<const P*>(params);
  }
  // Equal numbers at two runs of a step: the input held the same values, if it lay at the same place. 0 means that
  // nobody can tell, so nothing that was computed from it may be kept.
  uint64_t version(size_t input) const;
  bool wants(size_t output) const { return out[output].data != nullptr; }
  // Scratch memory for this call, 64-byte aligned; several requests get distinct blocks.
  void* workspace(size_t bytes) const;
};

// A value while gradients or composite operators are built: an entry of a graph, or an array. One of the two is set.
// NDArray and Node are complete in src/graph/builder.cc only; operator files pass values along.
class Value {
 public:
  Value();
  Value(const Value&);
  Value(Value&&) noexcept;
  Value& operator=(Value) noexcept;
  ~Value();
  explicit operator bool() const { return node || array; }

  RefCounted* node = nullptr;   // a Node, when building a graph
  RefCounted* array = nullptr;  // an NDArray, when running at once
  int32_t index = 0, version = 0;
};

// Builds a graph or computes at once; operators that need other operators call them through this.
class Builder {
 public:
  virtual ~Builder() = default;
  virtual std::vector<Value> invoke(const OpDef& op, std::span<const Value> inputs, Params params) = 0;

  // The first output, or all of them; the parameters are a struct or Params.
  Value call(const char* op, std::initializer_list<Value> inputs);
  Value call(const char* op, std::initializer_list<Value> inputs, Params params);
  template <class P>
  Value call(const char* op, std::initializer_list<Value> inputs, const P& params) {
    return call(op, inputs, Params::of(params));
  }
  std::vector<Value> call_all(const char* op, std::span<const Value> inputs, Params params = Params::of(NoParam()));
  template <class P>
  std::vector<Value> call_all(const char* op, std::span<const Value> inputs, const P& params) {
    return call_all(op, inputs, Params::of(params));
  }
  template <class P = NoParam>
  std::vector<Value> call_all(const char* op, std::initializer_list<Value> inputs, const P& params = {}) {
    return call_all(op, std::span<const Value>(inputs.begin(), inputs.size()), Params::of(params));
  }
  static const OpDef& find(const char* op);
};

// Asks for the gradients of the inputs, given those of the outputs.
class GradientContext {
 public:
  GradientContext(const OpDef& op, const Params& params, Builder& builder)
      : op_(op), params_(params), builder_(builder) {}
  virtual ~GradientContext() = default;

  template <class P>
  const P& as() const {
    return params_.as<P>();
  }
  const OpDef& op() const { return op_; }
  const Params& params() const { return params_; }
  Builder& builder() { return builder_; }
  virtual size_t num_inputs() const = 0;
  virtual size_t num_outputs() const = 0;
  virtual Value input(size_t i) = 0;
  virtual Value output(size_t i) = 0;
  // Gradient of output i; zeros of its shape when nothing depends on that output.
  virtual Value head(size_t i = 0) = 0;
  virtual bool has_head(size_t i) const = 0;
  virtual bool wants(size_t input) const = 0;  // does anybody need the gradient of this input?
  virtual void set(size_t input, Value gradient) = 0;

  Value call(const char* op, std::initializer_list<Value> inputs);
  template <class P>
  Value call(const char* op, std::initializer_list<Value> inputs, const P& params) {
    return builder_.call(op, inputs, params);
  }
  // Another operator with this operator's own parameters: the usual form of a "_backward_..." operator.
  std::vector<Value> call_same(const char* op, std::initializer_list<Value> inputs);
  Value zeros_like(const Value& value);

 private:
  const OpDef& op_;
  const Params& params_;
  Builder& builder_;
};

// A composite operator is a graph of others, written once; its inference and gradient follow.
struct ComposeContext {
  Builder& builder;
  const void* params;
  std::span<const Value> in;
  std::vector<Value> out;

  template <class P>
  const P& as() const {
    return *static_cast<const P*>(params);
  }
  Value call(const char* op, std::initializer_list<Value> inputs);
  template <class P>
  Value call(const char* op, std::initializer_list<Value> inputs, const P& p) {
    return builder.call(op, inputs, p);
  }
};

using InferShapeFn = void (*)(const InferShape&);
using InferDTypeFn = void (*)(const InferDType&);
using ForwardFn = void (*)(const OpContext&);
using GradientFn = void (*)(GradientContext&);
using ComposeFn = void (*)(ComposeContext&);
using CountFn = int (*)(const void* params);
using SuitsFn = bool (*)(const void* params, const Shape& data);
using ReadsFn = bool (*)(const void* params, size_t input);

struct Argument {
  std::string name;
  const char* doc;
  bool optional = false;  // may be left out at the end of the list (num_inputs decides)
};

// Mixed-precision class: which dtypes automatic casting may feed the operator.
enum class Amp : int32_t { kAny, kFloat32, kHalf, kWidest };

class OpDef {
 public:
  OpDef();
  ~OpDef();
  OpDef(const OpDef&) = delete;
  // -- what operator files call ---------------------------------------------------------------------------------------
  OpDef& describe(const char* text) { return doc = text, *this; }
  OpDef& input(const char* name, const char* text);
  OpDef& optional_input(const char* name, const char* text);
  // Any number of inputs "<name>0", "<name>1"...; `count` is the parameter that holds their number (num_args).
  OpDef& variadic(const char* name, const char* count, const char* text);
  OpDef& output(const char* name, const char* text = "");
  // The outputs after the first `count` are for the gradient only.
  OpDef& visible_outputs(int count) { return visible = count, *this; }
  OpDef& visible_outputs(CountFn count) { return visible_fn = count, *this; }
  OpDef& num_inputs(CountFn count) { return num_inputs_fn = count, *this; }
  OpDef& num_outputs(CountFn count) { return num_outputs_fn = count, *this; }
  template <class P>
  OpDef& params() {
    return params_type_ = &::mx::params_type<P>(), *this;
  }
  OpDef& alias(const char* name);
  OpDef& infer_shape(InferShapeFn fn) { return infer_shape_fn = fn, *this; }
  OpDef& infer_dtype(InferDTypeFn fn) { return infer_dtype_fn = fn, *this; }
  OpDef& forward(ForwardFn fn) { return forward_fn = fn, *this; }
  // A forward function that reaches arrays through the drivers of building blocks alone, never by itself, runs on every
  // device whose plugin has the blocks' kernels. Others are never called with device memory.
  OpDef& portable_forward(ForwardFn fn) { return portable = true, forward(fn); }
  OpDef& gradient(GradientFn fn) { return gradient_fn = fn, *this; }
  OpDef& no_gradient() { return zero_gradient = true, *this; }  // every input's gradient is zero
  OpDef& compose(ComposeFn fn) { return compose_fn = fn, *this; }
  OpDef& mutates(std::initializer_list<int> which);
  OpDef& inplace(int in, int out);
  // The inputs come in groups of so many, one group for each output; mutates() and inplace() speak of the first.
  OpDef& groups(int inputs) { return group = inputs, *this; }
  OpDef& uses_random() { return random = true, *this; }
  OpDef& uses_train_mode() { return train_mode = true, *this; }
  OpDef& ignores_head() { return loss = true, *this; }  // a loss: backward() needs no head gradient
  OpDef& amp(Amp value) { return amp_class = value, *this; }
  // An attribute that an auto-created input variable gets: ("moving_var", "__init__", "[\"one\", {}]").
  OpDef& input_attr(const char* in, const char* key, const char* value);
  // Which inputs have their elements read. Of the others only shape and dtype count, so a graph need not keep them.
  OpDef& reads(ReadsFn fn) { return reads_fn = fn, *this; }
  // Formats in memory. An operator that says nothing sees plain arrays only, and so does every imperative call.
  // Element by element: inputs and outputs of one shape may all lie in one format, whichever that is.
  OpDef& any_format() { return elementwise_format = true, *this; }
  // These inputs and outputs may lie channels-last, all of them together, when `suits` agrees (it is given the shape of
  // the first of them); the others stay plain. kAll stands for every input or output.
  static constexpr int kAll = -1;
  OpDef& channels_last(std::initializer_list<int> in, std::initializer_list<int> out, SuitsFn suits = nullptr);
  // Is so much faster channels-last that its inputs are worth reordering.
  OpDef& prefers_channels_last() { return prefers_last = true, *this; }
  OpDef& hidden() { return internal = true, *this; }  // no Python function; _backward names are hidden anyway
  // Free-form data of a building block (e.g. the loop that a fused kernel would inline).
  OpDef& data(const void* pointer) { return block_data = pointer, *this; }

  // -- what the rest of libmx reads -----------------------------------------------------------------------------------
  std::string name, family;
  const char* doc = "";
  std::vector<Argument> inputs, outputs;
  std::vector<std::string> aliases;
  std::string variadic_count;  // name of the parameter; empty when the operator isn't variadic
  const ParamsType* params_type_ = nullptr;
  int visible = -1;
  CountFn visible_fn = nullptr, num_inputs_fn = nullptr, num_outputs_fn = nullptr;
  InferShapeFn infer_shape_fn = nullptr;
  InferDTypeFn infer_dtype_fn = nullptr;
  ForwardFn forward_fn = nullptr;
  GradientFn gradient_fn = nullptr;
  ComposeFn compose_fn = nullptr;
  std::vector<int> mutable_inputs;
  struct Inplace {
    int in, out;
  };
  std::vector<Inplace> inplace_pairs;
  struct InputAttr {
    const char *input, *key, *value;
  };
  std::vector<InputAttr> input_attrs;
  bool zero_gradient = false, random = false, train_mode = false, loss = false, internal = false, portable = false;
  Amp amp_class = Amp::kAny;
  std::vector<int> last_inputs, last_outputs;
  SuitsFn last_suits = nullptr;
  ReadsFn reads_fn = nullptr;
  bool elementwise_format = false, prefers_last = false;
  const void* block_data = nullptr;
  int32_t id = -1;  // index in the registry
  int group = 0;    // inputs for each output; 0: there are no groups

  const ParamsType& param_struct() const { return *params_type_; }
  bool mutates_input(int i) const;
  bool may_overwrite(int in, int out) const;  // may this output stand where that input stands?
  bool is_variadic() const { return !variadic_count.empty(); }
  // Counts for given parameters (the struct's data).
  int count_inputs(const void* params) const;
  int count_outputs(const void* params) const;
  int count_visible(const void* params) const;
  std::string input_name(int i) const;   // "data"; "arg3" of a variadic operator
  std::string output_name(int i) const;  // "output", "mean"; "output3" when not named one by one
};

// The shape in the order of the axes in memory: (n, spatial..., c) of an array that lies channels-last.
Shape memory_shape(const Tensor& tensor);

struct OpRecord {
  const char* name;
  const char* file;
  void (*describe)(OpDef&);
};

// The registry: built at first use, constant afterwards, sorted by name.
const OpDef* find_op(std::string_view name_or_alias);  // null when there is none
const OpDef& get_op(std::string_view name_or_alias);   // raises kValue, with the nearest names
std::span<const OpDef* const> all_ops();

// Inference with defaults: without infer_dtype all inputs and outputs have one dtype; a composite infers on its graph.
void infer_shapes(const OpDef& op, const void* params, std::span<Shape> in, std::span<Shape> out);
void infer_dtypes(const OpDef& op, const void* params, std::span<DType> in, std::span<DType> out);

// Ready-made functions for registrations.
void same_shape(const InferShape&);     // every input and output has one shape
void zero_gradients(GradientContext&);  // for operators whose gradient vanishes everywhere

}  // namespace mx
